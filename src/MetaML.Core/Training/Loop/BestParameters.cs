using MetaML.Files;
using MetaML.Parameters;

namespace MetaML.Training.Loop;

/// <summary>The parameters that were best on validation so far.</summary>
internal sealed class BestParameters : IResumable
{
    private double _loss;
    private int _iteration;

    /// <param name="loss">On validation, before the first step.</param>
    /// <param name="encoder">Initial values.</param>
    /// <param name="adapters">Initial values, for each problem.</param>
    public BestParameters(double loss, ParameterArray[] encoder, ParameterArray[][] adapters)
    {
        _loss = loss;
        (Encoder, Adapters) = (encoder, adapters);
    }

    /// <summary>Their mean query loss on the validation episodes.</summary>
    public double Loss => _loss;

    /// <summary>Outer steps after which they stood.</summary>
    public int Iteration => _iteration;

    /// <summary>The encoder's.</summary>
    public ParameterArray[] Encoder { get; private set; }

    /// <summary>Each problem's adapter's.</summary>
    public ParameterArray[][] Adapters { get; private set; }

    /// <summary>Keeps parameters if they are better.</summary>
    /// <param name="loss">On validation.</param>
    /// <param name="iteration">Outer steps done.</param>
    /// <param name="values">Reads them.</param>
    public void Offer(double loss, int iteration, Func<(ParameterArray[] Encoder, ParameterArray[][] Adapters)> values)
    {
        if (!(loss < _loss))
            return;
        (_loss, _iteration) = (loss, iteration);
        (Encoder, Adapters) = values();
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        state.Exchange(ref _loss);
        state.Exchange(ref _iteration);
        foreach (ParameterArray parameter in Adapters.Append(Encoder).SelectMany(set => set))
            state.Exchange(parameter.Values.AsSpan());
    }
}
