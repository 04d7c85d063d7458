using MetaML.Files;
using MetaML.Parameters;

namespace MetaML.Training.Loop;

/// <summary>The parameters with the lowest validation loss so far.</summary>
internal sealed class BestParameters : IResumable
{
    private double _loss;
    private int _iteration;

    /// <param name="loss">The validation loss before the first step.</param>
    /// <param name="encoder">Initial values.</param>
    /// <param name="adapters">Initial values, for each problem.</param>
    public BestParameters(double loss, ParameterArray[] encoder, ParameterArray[][] adapters)
    {
        _loss = loss;
        (Encoder, Adapters) = (encoder, adapters);
    }

    /// <summary>The mean query loss of the validation episodes with these parameters.</summary>
    public double Loss => _loss;

    /// <summary>The number of outer steps after which the parameters had these values.</summary>
    public int Iteration => _iteration;

    /// <summary>The parameters of the encoder.</summary>
    public ParameterArray[] Encoder { get; private set; }

    /// <summary>The parameters of the adapter of each problem.</summary>
    public ParameterArray[][] Adapters { get; private set; }

    /// <summary>Keeps parameters if their loss is lower.</summary>
    /// <param name="loss">The validation loss.</param>
    /// <param name="iteration">The number of outer steps done.</param>
    /// <param name="values">Reads the parameters.</param>
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
