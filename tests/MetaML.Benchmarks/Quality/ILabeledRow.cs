namespace MetaML.Benchmarks.Quality;

/// <summary>A row of a few-shot episode.</summary>
internal interface ILabeledRow
{
    /// <summary>The episode.</summary>
    string Task { get; }

    /// <summary>The class.</summary>
    string Class { get; }
}
