using MetaML.Adapters;
using MetaML.Encoders;
using MetaML.Weighting;

namespace MetaML.Extensions.Experiments;

/// <summary>One point of the search: what encodes, what adapts, how tasks are weighed.</summary>
internal sealed record MetaCandidate(EncoderOptions Encoder, AdapterOptions Adapter, TaskWeightingOptions Weighting, bool NamesWeighting)
{
    public string Name => $"meta-learned, {Parts}";

    public string Parts => $"{OptionText.Of(Encoder)} + {OptionText.Of(Adapter)}{(NamesWeighting ? $" + {OptionText.Of(Weighting)}" : "")}";
}
