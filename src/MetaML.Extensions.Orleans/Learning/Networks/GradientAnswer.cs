namespace MetaML.Extensions.Orleans.Learning.Networks;

/// <summary>The part of a shard in an outer step, as it is sent.</summary>
/// <param name="Loss">The mean query loss of the drawn tasks of the shard.</param>
/// <param name="Gradient">Its gradient by θ as <see cref="PackedFloats"/>.</param>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.GradientAnswer")]
internal sealed record GradientAnswer([property: Id(0)] double Loss, [property: Id(1)] byte[] Gradient);
