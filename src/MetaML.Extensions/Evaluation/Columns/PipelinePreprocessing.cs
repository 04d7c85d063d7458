using MetaML.Extensions.Interop;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.Columns;

/// <summary>The steps of a pipeline that is not fitted yet.</summary>
internal sealed class PipelinePreprocessing : IPreprocessing
{
    private const string Score = Microsoft.ML.Data.DefaultColumnNames.Score;

    private readonly IReadOnlyList<IEstimator<ITransformer>> _steps;
    private readonly IEstimator<ITransformer>? _trainer;

    public PipelinePreprocessing(IEstimator<ITransformer> pipeline)
    {
        _steps = EstimatorChains.Steps(pipeline);
        _trainer = _steps.LastOrDefault(step => step is MetaLearnerTrainer or MultiOutputTrainer || EstimatorChains.IsTrainer(step));
    }

    public string? LabelColumnName => _trainer switch
    {
        null => null,
        MetaLearnerTrainer learner => learner.Columns.Label,
        _ => EstimatorChains.LabelOf(_trainer),
    };

    public string? TaskColumnName => (_trainer as MetaLearnerTrainer)?.Columns.Task;

    public IDataView? Make(MLContext context, IDataView data, string column, bool isTrainerIncluded)
    {
        int last = LastMaker(SchemaShape.Create(data.Schema), column, isTrainerIncluded);
        if (last < 0)
            return null;
        foreach (IEstimator<ITransformer> step in _steps.Take(last + 1))
            data = step.Fit(data).Transform(data);
        return data;
    }

    // The steps after the trainer do not count: they change its outputs.
    private int LastMaker(SchemaShape shape, string column, bool isTrainerIncluded)
    {
        int last = -1;
        for (int i = 0; i < _steps.Count && _steps[i] != _trainer; i++)
        {
            SchemaShape input = shape;
            bool isMaker, isScorer;
            try
            {
                isMaker = SchemaShapes.Makes(_steps[i], input, column, out shape);
                isScorer = _trainer is null && SchemaShapes.Makes(_steps[i], input, Score, out _);
            }
            catch (Exception) // a step that does not fit the data is an error of its strategy, when it is fitted
            {
                break;
            }

            if (isMaker && (isTrainerIncluded || !isScorer))
                last = i;
            if (isScorer)
                break;
        }

        return last;
    }
}
