using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Pretrained.Distillation;
using MetaML.Pretrained.Network;
using MetaML.Pretrained.Tables;
using MetaML.Pretrained.Transformers;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>Learns a small table in context: a network that was trained on made-up tables reads the rows, and nothing is trained.</summary>
/// <remarks>
/// <para>
/// The network approximates p(label | features, table) = ∫ p(label | features, f) p(f | table) df for a prior of functions and tables.
/// It is shipped with this package; its model card, MODEL-CARD.md, says how it was made and where it is good and bad.
/// Sources: Müller et al., 2022, arXiv 2112.10510; Hollmann et al., 2023, arXiv 2207.01848. Tables and weights are this project's own.
/// </para>
/// <para>
/// Trainer characteristics. Label: Boolean, or Single with the values 0, 1 and NaN (binary); key of at most 10 values (multiclass); or
/// Single (regression). Features: vector of Single of known size. Missing values (NaN) are allowed. A normaliser is not needed.
/// Categories are given as indicators (OneHotEncoding) or as numbers. Caching is not needed, because the data are read once.
/// No native library is needed.
/// </para>
/// <para>
/// Fit takes O(views · rows²) time; the fitted model keeps the rows. A prediction takes O(views · rows) time.
/// The same seed, data and machine give the same bits.
/// </para>
/// </remarks>
public sealed class PriorFittedTrainer : IEstimator<PriorFittedTransformer>
{
    private readonly IHost _host;
    private readonly LabelKind _kind;
    private readonly PriorFittedOptions _options;

    internal PriorFittedTrainer(IHostEnvironment env, LabelKind kind, PriorFittedOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _host = env.Register(nameof(PriorFittedTrainer));
        _kind = kind;
        _options = options with { };
    }

    private ColumnNames Columns => new(_options.LabelColumnName, _options.FeatureColumnName, Task: null, Weight: null);

    /// <summary>Reads the rows.</summary>
    /// <param name="input">Data with the label and feature columns.</param>
    /// <exception cref="ArgumentException">An output column has the name of the label column, or there are too many classes or features.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">There are no labelled rows, or a label is not valid.</exception>
    public PriorFittedTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ColumnNames columns = Columns;
        columns.CheckLabeled(input.Schema, _kind);
        columns.CheckNotHidden(ScoreColumns.Names(_kind, _kind == LabelKind.Regression, hasTasks: false));
        int width = ColumnTypes.VectorSize(input.Schema[columns.Features].Type);
        if (_options.Distilled && width > TableDistillation.MaximumFeatures)
            throw new ArgumentException($"With {nameof(PriorFittedOptions.Distilled)}, column '{columns.Features}' must have at most {TableDistillation.MaximumFeatures} features; got {width}. The distillation takes the square of it. Select features, as SelectFeaturesBasedOnMutualInformation does, or set it to false.");
        if (width > PriorFittedModel.MaximumFeatures)
            throw new ArgumentException($"Column '{columns.Features}' must have at most {PriorFittedModel.MaximumFeatures} features; got {width}. The network sees 16 at once. Select features, as SelectFeaturesBasedOnMutualInformation does, or use another trainer.");
        KeyVocabulary? classes = _kind == LabelKind.Multiclass ? KeyVocabulary.Of(input.Schema[columns.Label]) : null;
        if (classes?.Count > NetworkShape.MaximumClasses)
            throw new ArgumentException($"Column '{columns.Label}' must have at most {NetworkShape.MaximumClasses} classes; got {classes.Count}. The network was trained for so many. Join rare classes, or use another trainer.");

        using IChannel channel = _host.Start("Prior-fitted network");
        LabeledTable table = Read(input, columns, width, _kind == LabelKind.Regression ? 0 : classes?.Count ?? 2, channel);
        int seed = _options.Seed ?? HostSettings.Seed(_host) ?? 0;
        table = RowDraw.Next(table, _options.NumberOfViews * _options.MaximumNumberOfRows, new Random(seed)); // no view reads more rows
        channel.Info($"{table.Rows} rows of {width} features, {_options.NumberOfViews} views.");
        var model = new PriorFittedModel(_kind, new PriorFittedTable(ShippedNetwork.OfPackage, table, _options.NumberOfViews, _options.MaximumNumberOfRows, seed), _options.Distilled);
        return new PriorFittedTransformer(_host, model, columns, classes);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        SchemaShape.Column label = Columns.Check(inputSchema, _kind);
        bool givesDeviation = _kind == LabelKind.Regression;
        Columns.CheckNotHidden(ScoreColumns.Names(_kind, givesDeviation, hasTasks: false));
        return inputSchema.With(ScoreColumns.Shapes(_kind, label, givesDeviation, hasTasks: false));
    }

    private LabeledTable Read(IDataView input, ColumnNames columns, int width, int classes, IChannel channel)
    {
        DataViewSchema.Column features = input.Schema[columns.Features], label = input.Schema[columns.Label];
        var labels = new LabelColumn(columns.Label, _kind, classes) { Schema = input.Schema };
        using DataViewRowCursor cursor = input.GetRowCursor([features, label]);
        ValueGetter<VBuffer<float>> getFeatures = cursor.GetGetter<VBuffer<float>>(features);
        ValueGetter<float> getLabel = ColumnGetters.Label(cursor, label);
        var rows = new List<float[]>();
        var values = new List<float>();
        VBuffer<float> row = default;
        float value = 0;
        long unlabeled = 0;
        while (cursor.MoveNext())
        {
            HostSettings.ThrowIfCancelled(_host);
            getLabel(ref value);
            if (float.IsNaN(value))
            {
                unlabeled++;
                continue;
            }

            values.Add(labels.Label(value, cursor.Position));
            getFeatures(ref row);
            rows.Add([.. row.DenseValues()]);
        }

        if (unlabeled > 0)
            channel.Warning($"{unlabeled} rows without a label are left out.");
        if (rows.Count == 0)
            throw new InvalidOperationException($"There must be labelled rows; got none in column '{columns.Label}'. Nothing can be learned without them. Check filters, and that the labels are not missing.");
        return new LabeledTable([.. rows.SelectMany(each => each)], width, [.. values], classes);
    }
}
