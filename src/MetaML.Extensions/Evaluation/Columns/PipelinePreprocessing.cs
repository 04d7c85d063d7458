using MetaML.Extensions.Interop;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.Columns;

/// <summary>The steps of a pipeline that is not fitted yet.</summary>
internal sealed class PipelinePreprocessing : IPreprocessing
{
    private const string Score = Microsoft.ML.Data.DefaultColumnNames.Score;

    private readonly IReadOnlyList<IEstimator<ITransformer>> _steps;
    private readonly IEstimator<ITransformer>? _trainer;

    // The label, task and time columns are often made by the same steps: they are fitted once.
    private readonly Dictionary<(IDataView Data, int Last), IDataView> _made = [];

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
        int last = LastStepThatMakes(SchemaShape.Create(data.Schema), column, isTrainerIncluded);
        if (last < 0)
            return null;
        if (!_made.TryGetValue((data, last), out IDataView? made))
            _made[(data, last)] = made = _steps.Take(last + 1).Aggregate(data, (view, step) => step.Fit(view).Transform(view));
        return made;
    }

    // The index of the step; −1 if no step makes the column. Steps after the trainer are ignored, since they process its outputs.
    private int LastStepThatMakes(SchemaShape shape, string column, bool isTrainerIncluded)
    {
        int last = -1;
        for (int i = 0; i < _steps.Count && _steps[i] != _trainer; i++)
        {
            SchemaShape input = shape;
            bool makesColumn, makesScore;
            try
            {
                makesColumn = SchemaShapes.Makes(_steps[i], input, column, out shape);
                makesScore = _trainer is null && SchemaShapes.Makes(_steps[i], input, Score, out _);
            }
            catch (Exception) // if a step does not fit the data, the fit of its strategy throws later
            {
                break;
            }

            if (makesColumn && (isTrainerIncluded || !makesScore))
                last = i;
            if (makesScore)
                break;
        }

        return last;
    }
}
