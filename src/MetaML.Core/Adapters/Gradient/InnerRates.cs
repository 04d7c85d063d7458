using MetaML.Parameters;

namespace MetaML.Adapters.Gradient;

/// <summary>The learning rates of inner steps: α₀, α₀ exp(rₛₚ) for step s and tensor p, or α₀ fₚ for each single parameter.</summary>
internal sealed class InnerRates
{
    private const string Logarithms = "log_inner_rate_factors";
    private const string Factor = "inner_rate_factor_";

    private readonly LearnedRates _learned;
    private readonly double _initial;
    private readonly int _steps;
    private readonly ParameterSpec[] _stepped;

    /// <param name="learned">The rates that are learned.</param>
    /// <param name="initial">α₀.</param>
    /// <param name="steps">Number of inner steps.</param>
    /// <param name="stepped">The parameters that step, without the leading [tasks] dimension.</param>
    public InnerRates(LearnedRates learned, double initial, int steps, IEnumerable<ParameterSpec> stepped)
    {
        _learned = learned;
        _initial = initial;
        _steps = steps;
        _stepped = [.. stepped];
        Parameters = learned switch
        {
            LearnedRates.None => [],
            LearnedRates.PerStepAndTensor => [ParameterSpec.Constant(Logarithms, 0, steps, _stepped.Length) with { LearningRateFactor = 10 }],
            _ => [.. _stepped.Select(spec => ParameterSpec.Constant(Factor + spec.Name, 1, spec.Shape) with { LearningRateFactor = 10 })],
        };
    }

    public IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>Number of rates of a step in <see cref="All(AdaptationInput, FlatTensors)"/>; 0 if all steps share the same rates.</summary>
    public int PerStep => _learned == LearnedRates.PerStepAndTensor ? _stepped.Length : 0;

    /// <summary>Whether each value has its own rate.</summary>
    public bool ArePerValue => _learned == LearnedRates.PerParameter;

    /// <summary>All rates: one rate, or one for each step and tensor, or one for each value.</summary>
    /// <param name="input">The learned values.</param>
    /// <param name="layout">The layout of the parameters that step.</param>
    /// <returns>[rates].</returns>
    public Tensor All(AdaptationInput input, FlatTensors layout)
    {
        switch (_learned)
        {
            case LearnedRates.None:
                return input.ClassMask.new_ones(1, dtype: input.ClassMask.dtype).Times(_initial);
            case LearnedRates.PerStepAndTensor:
                return input.AdapterParameters[Logarithms].exp().Times(_initial).flatten();
            default:
                var factors = new ParameterSet(_stepped.Select(spec => (spec.Name, input.AdapterParameters[Factor + spec.Name])));
                if (input.Columns is not null)
                    factors = input.Encoder.SelectColumns(factors, input.Columns);
                return layout.JoinShared(factors.Tensors).Times(_initial);
        }
    }

    /// <summary>The rates of every step.</summary>
    /// <param name="input">The learned values.</param>
    /// <param name="layout">The layout of the parameters that step.</param>
    /// <returns>For each step, [1] or [values].</returns>
    public Tensor[] OfSteps(AdaptationInput input, FlatTensors layout)
    {
        Tensor all = All(input, layout);
        return PerStep == 0
            ? [.. Enumerable.Repeat(all, _steps)]
            : all.reshape(_steps, _stepped.Length).index_select(1, layout.Owners(input.ClassMask.device)).unbind(0);
    }

    /// <summary><see cref="All(AdaptationInput, FlatTensors)"/> without libtorch.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="factorsOf">The factors of a tensor of a task, from those of all tasks.</param>
    public float[] All(IEnumerable<float[]> parameters, Func<ParameterSpec, float[], IEnumerable<float>> factorsOf) => _learned switch
    {
        LearnedRates.None => [(float)_initial],
        LearnedRates.PerStepAndTensor => Array.ConvertAll(parameters.Single(), logarithm => (float)_initial * MathF.Exp(logarithm)),
        _ => [.. _stepped.Zip(parameters, factorsOf).SelectMany(factors => factors).Select(factor => (float)_initial * factor)],
    };
}
