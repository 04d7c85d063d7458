using MetaML.Extensions.Descriptions;

namespace MetaML.Extensions.Experiments.Strategies;

/// <summary>One candidate of the search: an encoder, an adapter and a task weighting.</summary>
internal sealed record MetaCandidate(EncoderOptions Encoder, AdapterOptions Adapter, TaskWeightingOptions Weighting, bool NamesWeighting)
{
    public string Name => $"meta-learned, {Parts}";

    public string Parts => $"{OptionText.Of(Encoder)} + {OptionText.Of(Adapter)}{(NamesWeighting ? $" + {OptionText.Of(Weighting)}" : "")}";
}
