using MetaML.Parameters;

namespace MetaML.Adapters;

/// <summary>The learning rates of inner steps: α₀, α₀ exp(rₛₚ) for step s and tensor p, or α₀ fₚ for each single parameter.</summary>
internal sealed class InnerRates
{
    private const string Logarithms = "log_inner_rate_factors";
    private const string Factor = "inner_rate_factor_";

    private readonly LearnedRates _learned;
    private readonly double _first;
    private readonly ParameterSpec[] _stepped;

    /// <param name="learned">Which are learned.</param>
    /// <param name="first">α₀.</param>
    /// <param name="steps">Number of inner steps.</param>
    /// <param name="stepped">What steps, without the leading [tasks].</param>
    public InnerRates(LearnedRates learned, double first, int steps, IEnumerable<ParameterSpec> stepped)
    {
        _learned = learned;
        _first = first;
        _stepped = [.. stepped];
        Parameters = learned switch
        {
            LearnedRates.None => [],
            LearnedRates.PerStepAndTensor => [ParameterSpec.Constant(Logarithms, 0, steps, _stepped.Length) with { LearningRateFactor = 10 }],
            _ => [.. _stepped.Select(spec => ParameterSpec.Constant(Factor + spec.Name, 1, spec.Shape) with { LearningRateFactor = 10 })],
        };
    }

    public IReadOnlyList<ParameterSpec> Parameters { get; }

    /// <summary>The rates of one step.</summary>
    /// <returns>One for each tensor that steps: 0-dimensional, or of its shape without [tasks].</returns>
    public Tensor[] At(AdaptationInput input, int step)
    {
        switch (_learned)
        {
            case LearnedRates.None:
                Tensor first = input.ClassMask.new_ones(1, dtype: input.ClassMask.dtype).squeeze(0).Times(_first);
                return [.. _stepped.Select(_ => first)];
            case LearnedRates.PerStepAndTensor:
                Tensor rates = input.AdapterParameters[Logarithms].select(0, step).exp().Times(_first);
                return [.. _stepped.Select((_, tensor) => rates.select(0, tensor))];
            default:
                var factors = new ParameterSet(_stepped.Select(spec => (spec.Name, input.AdapterParameters[Factor + spec.Name].Times(_first))));
                return [.. (input.Columns is null ? factors : input.Encoder.SelectColumns(factors, input.Columns)).Tensors];
        }
    }

    /// <summary>The same for one tensor, outside libtorch.</summary>
    /// <param name="parameters">Values in the order of <see cref="Parameters"/>.</param>
    /// <param name="step">From 0.</param>
    /// <param name="tensor">Its number.</param>
    /// <returns>As many values as the tensor has without [tasks].</returns>
    public float[] At(ReadOnlySpan<float[]> parameters, int step, int tensor)
    {
        var rates = new float[_stepped[tensor].Count];
        for (int i = 0; i < rates.Length; i++)
        {
            rates[i] = (float)_first * _learned switch
            {
                LearnedRates.None => 1,
                LearnedRates.PerStepAndTensor => MathF.Exp(parameters[0][step * _stepped.Length + tensor]),
                _ => parameters[tensor][i],
            };
        }

        return rates;
    }
}
