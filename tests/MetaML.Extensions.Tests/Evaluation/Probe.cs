using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Tests.Evaluation;

/// <summary>Remembers the rows that it was fitted to, by a column that tells every row apart, and then fits as another estimator does.</summary>
internal sealed class Probe(IEstimator<ITransformer> inner, string column = "Value") : IEstimator<ITransformer>
{
    public List<float[]> Fits { get; } = [];

    /// <summary>What happens instead of fitting, from this fit on (counted from 0).</summary>
    public (int Fit, Action Act)? Interruption { get; set; }

    public ITransformer Fit(IDataView input)
    {
        if (Interruption is { } interruption && Fits.Count >= interruption.Fit)
            interruption.Act();
        Fits.Add([.. input.GetColumn<float>(column)]);
        return inner.Fit(input);
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inner.GetOutputSchema(inputSchema);
}
