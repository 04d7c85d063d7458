using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Tests.Evaluation;

/// <summary>An estimator that records the rows of each fit and then fits another estimator. A column with a different value in each row identifies the rows.</summary>
internal sealed class Probe(IEstimator<ITransformer> inner, string column = "Value") : IEstimator<ITransformer>
{
    public List<float[]> Fits { get; } = [];

    /// <summary>An action that is executed before each fit, from the given fit on (counted from 0).</summary>
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
