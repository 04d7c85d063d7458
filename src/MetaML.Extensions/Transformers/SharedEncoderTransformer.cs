using MetaML;
using MetaML.Extensions.Data;
using MetaML.Extensions.Transformers;
using MetaML.Extensions.Transformers.Export;
using MetaML.Extensions.Transformers.RowScoring;
using MetaML.Files;
using MetaML.Graphs;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(SharedEncoderTransformer), null, typeof(SignatureLoadModel), "Shared encoder", SharedEncoderTransformer.LoaderSignature)]

namespace MetaML;

/// <summary>Computes the embedding of the features, with the encoder that all tasks share. Any ML.NET trainer can use the embedding as its features.</summary>
/// <remarks>Immutable, and safe for several threads. It needs no native library. A row with a feature that is not finite has an embedding of NaN.</remarks>
public sealed class SharedEncoderTransformer : TaskRowTransformer
{
    internal const string LoaderSignature = "SharedEncoder";
    internal static readonly TransformerFormat Format = new(typeof(SharedEncoderTransformer), "METAENCO", LoaderSignature);

    private readonly MetaModel _model;

    internal SharedEncoderTransformer(IHostEnvironment env, MetaModel model, string featureColumnName, string outputColumnName)
        : base(env.Register(LoaderSignature), new ColumnNames("", featureColumnName, null, null))
    {
        _model = model;
        OutputColumnName = outputColumnName;
    }

    /// <summary>The name of the output column: a vector of Single.</summary>
    public string OutputColumnName { get; }

    /// <summary>Length of an embedding.</summary>
    public int EmbeddingDimension => _model.EmbeddingDimension;

    internal override MetaModel Encoder => _model;

    internal void Check(SchemaShape shape) => Columns.CheckFeatures(shape);

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // string: feature column, output column
        // the model: see MetaModel.Write
        Format.Write(ctx);
        ctx.Writer.Write(FeatureColumnName);
        ctx.Writer.Write(OutputColumnName);
        _model.Write(ctx.Writer);
    }

    // Called by ML.NET through the LoadableClass attribute.
    internal static SharedEncoderTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Format.Check(ctx);
        string features = BinaryFormat.ReadName(ctx.Reader), output = BinaryFormat.ReadName(ctx.Reader);
        return new SharedEncoderTransformer(env, MetaModel.Read(ctx.Reader), features, output);
    }

    internal override DataViewSchema.DetachedColumn[] CreateColumns(DataViewSchema input) =>
        [new(OutputColumnName, new VectorDataViewType(NumberDataViewType.Single, EmbeddingDimension))];

    internal override Delegate[] CreateGetters(TaskRowReader rows, Func<int, bool> activeOutput) =>
        [rows.Add(new TaskRowEmbedding(rows, EmbeddingDimension)).Getter(OutputColumnName)];

    internal override IEnumerable<GraphTensor> CreateOutputs(TaskRowGraph rows) => [TaskRowGraph.ValueWhere(rows.IsFinite, rows.Embed())];
}
