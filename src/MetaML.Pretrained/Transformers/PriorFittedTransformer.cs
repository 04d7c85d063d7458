using System.Runtime.CompilerServices;
using MetaML;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Files;
using MetaML.Graphs;
using MetaML.Pretrained.Transformers;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]
[assembly: LoadableClass(typeof(PriorFittedTransformer), null, typeof(SignatureLoadModel), "Prior-fitted network", PriorFittedTransformer.LoaderSignature)]

namespace MetaML;

/// <summary>Predicts the labels of rows from a table that a prior-fitted network has read.</summary>
/// <remarks>
/// <para>
/// Output columns are those of ML.NET's own trainers: Score, also PredictedLabel for classes, and Probability for binary labels. A
/// multiclass Score contains probabilities. Regression also gives ScoreStandardDeviation, the standard deviation of the label about
/// the score. Probabilities need no calibrator.
/// </para>
/// <para>It is immutable, and safe for several threads.</para>
/// </remarks>
public sealed class PriorFittedTransformer : RowBlockTransformer, ISingleFeaturePredictionTransformer<PriorFittedModel>, ISingleFeaturePredictionTransformer
{
    internal const string LoaderSignature = "PriorFittedTransformer";
    internal static readonly TransformerFormat Format = new(typeof(PriorFittedTransformer), "METAPRIO", LoaderSignature);

    private readonly ColumnNames _columns;
    private readonly KeyVocabulary? _classes;

    internal PriorFittedTransformer(IHostEnvironment env, PriorFittedModel model, ColumnNames columns, KeyVocabulary? classes)
        : base(env.Register(LoaderSignature))
    {
        Model = model;
        _columns = columns;
        _classes = classes;
    }

    /// <summary>The table that the network has read.</summary>
    public PriorFittedModel Model { get; }

    /// <summary>The feature column.</summary>
    public string FeatureColumnName => _columns.Features;

    /// <summary>The label column of the training.</summary>
    public string LabelColumnName => _columns.Label;

    /// <summary>The type of the feature column: a vector of Single, of the same length as in training.</summary>
    public DataViewType FeatureColumnType => new VectorDataViewType(NumberDataViewType.Single, Model.FeatureCount);

    internal override IEnumerable<string> InputColumns => [_columns.Features];

    internal override void CheckInput(DataViewSchema schema) => _columns.CheckScored(schema, Model.FeatureCount);

    internal override DataViewSchema.DetachedColumn[] CreateColumns(DataViewSchema input) =>
        ScoreColumns.Create(Model.Kind, _classes, Model.Kind == LabelKind.Regression, hasTasks: false, hasCoverage: false, input);

    internal override (RowReader Rows, Delegate[] Getters) CreateReader(DataViewRow row, Func<int, bool> activeOutput)
    {
        var rows = new PriorFittedReader(Model, row, _columns.Features);
        return (rows, [.. CreateColumns(row.Schema).Select((column, i) => activeOutput(i) ? rows.Getter(column.Name) : null!)]);
    }

    internal override IEnumerable<GraphTensor> CreateOutputs(OnnxGraph graph, DataViewSchema input) =>
        throw new NotSupportedException("A prior-fitted model cannot be exported to ONNX, because each prediction reads the whole table. Save it as a file of ML.NET.");

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // string: label column; string: feature column
        // the model; for multiclass labels: the classes
        Format.Write(ctx);
        ctx.Writer.Write(_columns.Label);
        ctx.Writer.Write(_columns.Features);
        Model.Write(ctx.Writer);
        _classes?.Write(ctx.Writer);
    }

    // Called by ML.NET through the LoadableClass attribute.
    internal static PriorFittedTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Format.Check(ctx);
        string label = BinaryFormat.ReadName(ctx.Reader), features = BinaryFormat.ReadName(ctx.Reader);
        PriorFittedModel model = PriorFittedModel.Read(ctx.Reader);
        KeyVocabulary? classes = model.Kind == LabelKind.Multiclass ? KeyVocabulary.Read(ctx.Reader) : null;
        if (classes is not null && classes.Count != model.Predictor.Classes)
            throw new InvalidDataException($"A saved prior-fitted model must have as many classes as its table, {model.Predictor.Classes}; got {classes.Count}. The file is damaged.");
        return new PriorFittedTransformer(env, model, new ColumnNames(label, features, Task: null, Weight: null), classes);
    }
}
