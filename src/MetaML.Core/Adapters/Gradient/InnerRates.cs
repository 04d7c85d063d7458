using MetaML.Parameters;

namespace MetaML.Adapters.Gradient;

/// <summary>The learning rates of inner steps: α₀, α₀ exp(rₛₚ) for step s and tensor p, or α₀ fₚ for each single parameter.</summary>
internal sealed class InnerRates
{
    private const string Logarithms = "log_inner_rate_factors";
    private const string Factor = "inner_rate_factor_";

    private readonly LearnedRates _learned;
    private readonly double _first;
    private readonly int _steps;
    private readonly ParameterSpec[] _stepped;

    /// <param name="learned">Which are learned.</param>
    /// <param name="first">α₀.</param>
    /// <param name="steps">Number of inner steps.</param>
    /// <param name="stepped">What steps, without the leading [tasks].</param>
    public InnerRates(LearnedRates learned, double first, int steps, IEnumerable<ParameterSpec> stepped)
    {
        _learned = learned;
        _first = first;
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

    /// <summary>How many rates in <see cref="All(AdaptationInput, FlatTensors)"/> there are between a step's and the next one's; 0 where all steps have the same.</summary>
    public int PerStep => _learned == LearnedRates.PerStepAndTensor ? _stepped.Length : 0;

    /// <summary>Whether each single value has a rate of its own.</summary>
    public bool ArePerValue => _learned == LearnedRates.PerParameter;

    /// <summary>All rates: one; or for each step one for each tensor; or one for each value.</summary>
    /// <param name="input">The learned values.</param>
    /// <param name="layout">Of what steps.</param>
    /// <returns>[rates].</returns>
    public Tensor All(AdaptationInput input, FlatTensors layout)
    {
        switch (_learned)
        {
            case LearnedRates.None:
                return input.ClassMask.new_ones(1, dtype: input.ClassMask.dtype).Times(_first);
            case LearnedRates.PerStepAndTensor:
                return input.AdapterParameters[Logarithms].exp().Times(_first).flatten();
            default:
                var factors = new ParameterSet(_stepped.Select(spec => (spec.Name, input.AdapterParameters[Factor + spec.Name])));
                if (input.Columns is not null)
                    factors = input.Encoder.SelectColumns(factors, input.Columns);
                return layout.JoinShared(factors.Tensors).Times(_first);
        }
    }

    /// <summary>The rates of every step.</summary>
    /// <param name="input">The learned values.</param>
    /// <param name="layout">Of what steps.</param>
    /// <returns>For each step [1], or [values].</returns>
    public Tensor[] OfSteps(AdaptationInput input, FlatTensors layout)
    {
        Tensor all = All(input, layout);
        return PerStep == 0
            ? [.. Enumerable.Repeat(all, _steps)]
            : all.reshape(_steps, _stepped.Length).index_select(1, layout.Owners(input.ClassMask.device)).unbind(0);
    }

    /// <summary><see cref="All(AdaptationInput, FlatTensors)"/> outside libtorch.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="repeat">From a tensor's factors to as many as it has values.</param>
    public float[] All(IReadOnlyList<float[]> parameters, Func<float[], IEnumerable<float>> repeat) => _learned switch
    {
        LearnedRates.None => [(float)_first],
        LearnedRates.PerStepAndTensor => Array.ConvertAll(parameters[0], logarithm => (float)_first * MathF.Exp(logarithm)),
        _ => [.. parameters.SelectMany(repeat).Select(factor => (float)_first * factor)],
    };
}
