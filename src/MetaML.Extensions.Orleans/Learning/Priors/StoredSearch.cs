namespace MetaML.Extensions.Orleans.Learning.Priors;

/// <summary>The stored state of a <see cref="PriorGrain"/>.</summary>
[GenerateSerializer]
[Alias("MetaML.StoredSearch")]
internal sealed class StoredSearch
{
    /// <summary>The last search; null for none.</summary>
    [Id(0)]
    public PriorSearchState? Search { get; set; }
}
