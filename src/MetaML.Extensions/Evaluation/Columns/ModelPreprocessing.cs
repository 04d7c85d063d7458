using MetaML.Extensions.Chains;
using MetaML.Extensions.Interop;
using MetaML.Extensions.Transformers;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.Columns;

/// <summary>The steps before the last meta-learner of a fitted model; for an ensemble, those of its first model with a meta-learner.</summary>
internal sealed class ModelPreprocessing : IPreprocessing
{
    private readonly ITransformer _model;

    public ModelPreprocessing(ITransformer model) => _model = model is EnsembleTransformer ensemble ? ensemble.Models.FirstOrDefault(ChainAdapter.HasLearner) ?? model : model;

    public string? LabelColumnName => (ChainAdapter.FindLearner(_model) as MetaLearnerTransformer)?.LabelColumnName;

    public string? TaskColumnName => (ChainAdapter.FindLearner(_model) as TaskRowTransformer)?.TaskColumnName;

    public IDataView? Make(MLContext context, IDataView data, string column, bool isTrainerIncluded) =>
        IsMade(data.Schema, column) ? new ChainAdapter(context, _model, CancellationToken.None).Preprocess(data) : null;

    // A replaced column stays in the schema, hidden by the new column.
    private bool IsMade(DataViewSchema schema, string column)
    {
        int before = schema.Count(other => other.Name == column);
        ITaskLearner learner = ChainAdapter.FindLearner(_model);
        foreach (ITransformer step in Steps(_model).TakeWhile(step => step != learner))
            schema = step.GetOutputSchema(schema);
        return schema.Count(other => other.Name == column) > before;
    }

    private static IEnumerable<ITransformer> Steps(ITransformer step) => TransformerChains.Steps(step)?.SelectMany(Steps) ?? [step];
}
