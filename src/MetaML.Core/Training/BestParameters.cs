using MetaML.Checkpoints;
using MetaML.Parameters;

namespace MetaML.Training;

/// <summary>The parameters that were best on validation so far.</summary>
/// <param name="loss">On validation, before the first step.</param>
/// <param name="parameters">First values, of the encoder and of each problem's adapter.</param>
internal sealed class BestParameters(double loss, (ParameterArray[] Encoder, ParameterArray[][] Adapters) parameters) : IResumable
{
    private double _loss = loss;
    private int _iteration;

    /// <summary>Their mean query loss on the validation episodes.</summary>
    public double Loss => _loss;

    /// <summary>Outer steps after which they stood.</summary>
    public int Iteration => _iteration;

    /// <summary>Their values.</summary>
    public (ParameterArray[] Encoder, ParameterArray[][] Adapters) Parameters { get; private set; } = parameters;

    /// <summary>Keeps parameters if they are better.</summary>
    /// <param name="loss">On validation.</param>
    /// <param name="iteration">Outer steps done.</param>
    /// <param name="values">Reads them.</param>
    public void Offer(double loss, int iteration, Func<(ParameterArray[] Encoder, ParameterArray[][] Adapters)> values)
    {
        if (loss < _loss)
            (_loss, _iteration, Parameters) = (loss, iteration, values());
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Exchange(ref _loss);
        state.Exchange(ref _iteration);
        foreach (ParameterArray parameter in Parameters.Adapters.Append(Parameters.Encoder).SelectMany(set => set))
            state.Exchange(parameter.Values.AsSpan());
    }
}
