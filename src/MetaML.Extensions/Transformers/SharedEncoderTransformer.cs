using MetaML;
using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Transformers;
using MetaML.Files;
using MetaML.Models;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(SharedEncoderTransformer), null, typeof(SignatureLoadModel), "Shared encoder", SharedEncoderTransformer.LoaderSignature)]

namespace MetaML;

/// <summary>Features → embedding: the representation that a meta-learner's tasks share, for any ML.NET trainer to stand on.</summary>
/// <remarks>Immutable, safe for many threads, and without the native torch library. A row with a feature that is not finite gets an embedding of NaN.</remarks>
public sealed class SharedEncoderTransformer : RowToRowTransformerBase
{
    internal const string LoaderSignature = "SharedEncoder";

    private readonly MetaModel _model;
    private readonly ColumnNames _columns;

    internal SharedEncoderTransformer(IHostEnvironment env, MetaModel model, string featureColumnName, string outputColumnName)
        : base(env.Register(LoaderSignature))
    {
        _model = model;
        _columns = new ColumnNames("", featureColumnName, null, null);
        OutputColumnName = outputColumnName;
    }

    /// <summary>The column that is read: a vector of Single, as long as the meta-learner's features.</summary>
    public string FeatureColumnName => _columns.Features;

    /// <summary>The column that is made: a vector of Single.</summary>
    public string OutputColumnName { get; }

    /// <summary>Number of values of an embedding.</summary>
    public int EmbeddingDimension => _model.EmbeddingDimension;

    internal void Check(SchemaShape shape) => _columns.CheckFeatures(shape);

    /// <inheritdoc/>
    protected override void SaveModel(ModelSaveContext ctx)
    {
        // *** Binary format ***
        // string: feature column, output column
        // the model: see MetaModel.Write
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());
        ctx.Writer.Write(FeatureColumnName);
        ctx.Writer.Write(OutputColumnName);
        _model.Write(ctx.Writer);
    }

    // Called by ML.NET through the LoadableClass attribute.
    internal static SharedEncoderTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        TransformerFormat.CheckVersion(ctx, GetVersionInfo());
        string features = BinaryFormat.ReadName(ctx.Reader), output = BinaryFormat.ReadName(ctx.Reader);
        return new SharedEncoderTransformer(env, MetaModel.Read(ctx.Reader), features, output);
    }

    /// <inheritdoc/>
    protected override IRowMapper MakeRowMapper(DataViewSchema schema)
    {
        _columns.CheckScored(schema, _model.FeatureCount);
        return new Mapper(this, schema);
    }

    private static VersionInfo GetVersionInfo() => TransformerFormat.Version(typeof(SharedEncoderTransformer), "METAENCO", LoaderSignature);

    private sealed class Mapper(SharedEncoderTransformer parent, DataViewSchema inputSchema) : MapperBase(parent.Host.Register(nameof(Mapper)), inputSchema, parent)
    {
        protected override DataViewSchema.DetachedColumn[] GetOutputColumnsCore() =>
            [new(parent.OutputColumnName, new VectorDataViewType(NumberDataViewType.Single, parent.EmbeddingDimension))];

        protected override Delegate MakeGetter(DataViewRow input, int iinfo, Func<int, bool> activeOutput, out Action? disposer)
        {
            disposer = null;
            MetaScorer scorer = parent._model.CreateScorer();
            ValueGetter<VBuffer<float>> getFeatures = input.GetGetter<VBuffer<float>>(input.Schema[parent.FeatureColumnName]);
            VBuffer<float> features = default;
            return (ValueGetter<VBuffer<float>>)((ref VBuffer<float> embedding) =>
            {
                getFeatures(ref features);
                var editor = VBufferEditor.Create(ref embedding, parent.EmbeddingDimension);
                FeatureRow row = features.ToFeatureRow();
                if (row.IsFinite)
                    scorer.Embed(row).CopyTo(editor.Values);
                else
                    editor.Values.Fill(float.NaN);
                embedding = editor.Commit();
            });
        }

        protected override Func<int, bool> GetDependenciesCore(Func<int, bool> activeOutput)
        {
            int features = InputSchema[parent.FeatureColumnName].Index;
            return column => activeOutput(0) && column == features;
        }

        protected override void SaveModel(ModelSaveContext ctx) => parent.SaveModel(ctx);
    }
}
