using MetaML.Extensions.Chains;
using MetaML.Extensions.Evaluation.Columns;
using MetaML.Options;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.FewShot;

/// <summary>A strategy that is fitted to the training tasks and then adapted to all tasks of a draw in one call.</summary>
internal sealed class AdaptedStrategy : LearningStrategy
{
    private readonly ITransformer? _model;

    /// <exception cref="ArgumentException">The model contains no meta-learner.</exception>
    public AdaptedStrategy(string name, StrategyKind kind, IEstimator<ITransformer>? estimator, ITransformer? model)
        : base(name, kind, estimator)
    {
        _model = model;
        if (model is not null)
            ChainAdapter.FindLearner(model);
    }

    internal override IPreprocessing? Preprocessing => _model is null ? base.Preprocessing : new ModelPreprocessing(_model);

    internal override bool IsPerTask => false;

    internal override ITransformer Learn(IDataView? training) => _model ?? Estimator!.Fit(Required(training));

    internal override ITransformer Complete(MLContext context, ITransformer? learned, IDataView? training, IDataView support, CancellationToken cancellationToken) =>
        learned is EnsembleTransformer { HasLearners: false } ? learned : context.MetaLearning().Adapt(learned!, support, cancellationToken: cancellationToken);

    internal override void CheckUnseen(ITransformer? learned, IReadOnlyCollection<string> tasks)
    {
        string[] seen = [.. ChainAdapter.FindLearner(learned!).TaskNames.Intersect(tasks)];
        if (seen.Length > 0)
            throw new InvalidOperationException($"Tasks must be unseen in training; got {NameList.Of(seen)}, which the model of '{Name}' knows. The model would be evaluated on tasks that it was trained on. Split the data by task.");
    }
}
