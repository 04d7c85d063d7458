using MetaML.Extensions.Chains;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.Columns;

/// <summary>The steps before the last meta-learner of a fitted model.</summary>
internal sealed class ModelPreprocessing(ITransformer model) : IPreprocessing
{
    public string? LabelColumnName => (ChainAdapter.FindLearner(model) as MetaLearnerTransformer)?.LabelColumnName;

    public string? TaskColumnName => (ChainAdapter.FindLearner(model) as TaskRowTransformer)?.TaskColumnName;

    public IDataView? Make(MLContext context, IDataView data, string column, bool isTrainerIncluded) =>
        IsMade(data.Schema, column) ? new ChainAdapter(context, model, CancellationToken.None).Preprocess(data) : null;

    // A replaced column stays in the schema, hidden by the new column.
    private bool IsMade(DataViewSchema schema, string column)
    {
        int before = schema.Count(other => other.Name == column);
        ITaskLearner learner = ChainAdapter.FindLearner(model);
        foreach (ITransformer step in Steps(model).TakeWhile(step => step != learner))
            schema = step.GetOutputSchema(schema);
        return schema.Count(other => other.Name == column) > before;
    }

    private static IEnumerable<ITransformer> Steps(ITransformer step) => TransformerChains.Steps(step)?.SelectMany(Steps) ?? [step];
}
