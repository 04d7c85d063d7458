using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Models;
using MetaML.Training;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Trainers;

/// <summary>Ridge regression of all rows as one task, with a penalty by cross-validation: a baseline that also works on five rows.</summary>
internal sealed class RidgeTrainer : IEstimator<MetaLearnerTransformer>
{
    private readonly IHost _host;
    private readonly ColumnNames _columns;

    /// <param name="env">The environment.</param>
    /// <param name="label">The label column: Single.</param>
    /// <param name="features">The feature column: known-size vector of Single.</param>
    public RidgeTrainer(IHostEnvironment env, string label, string features)
    {
        _host = env.Register(nameof(RidgeTrainer));
        _columns = new ColumnNames(label, features, null, null);
    }

    /// <summary>Fits the regression.</summary>
    /// <param name="input">The rows. Rows without a label are left out.</param>
    public MetaLearnerTransformer Fit(IDataView input)
    {
        _columns.CheckLabeled(input.Schema, LabelKind.Regression);
        using IChannel channel = _host.Start("Ridge regression");
        var reader = new TaskSetReader(_host, channel, _columns) { Encoder = new IdentityEncoderOptions() };
        TaskSet rows = reader.Read(input, new LabelColumn(_columns.Label, LabelKind.Regression, 0, ClassSets.Auto) { Schema = input.Schema })[0];
        MetaModel model = CrossValidatedRidge.Fit(rows, CancellationToken.None);
        return MetaLearnerTransformer.Create(_host, model, _columns, null, UnknownTaskHandling.MetaPrior, rows, new Dictionary<string, double>(), CancellationToken.None);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        SchemaShape.Column label = _columns.Check(inputSchema, LabelKind.Regression);
        return inputSchema.With(ScoreColumns.Shapes(LabelKind.Regression, label, givesDeviation: false, hasTasks: false));
    }
}
