using MetaML.Extensions.Chains;
using MetaML.Extensions.Evaluation.Columns;
using MetaML.Options;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.FewShot;

/// <summary>Fit on the training tasks, then adapted to all tasks of a draw in one call.</summary>
internal sealed class AdaptedStrategy : LearningStrategy
{
    private readonly ITransformer? _model;

    /// <exception cref="ArgumentException">The model holds no meta-learner.</exception>
    public AdaptedStrategy(string name, StrategyKind kind, IEstimator<ITransformer>? estimator, ITransformer? model)
        : base(name, kind, estimator)
    {
        _model = model;
        if (model is not null)
            ChainAdapter.FindLearner(model);
    }

    internal override IPreprocessing? Preprocessing => _model is null ? base.Preprocessing : new ModelPreprocessing(_model);

    internal override bool IsPerTask => false;

    internal override ITransformer Learn(IDataView? training) => _model ?? Estimator!.Fit(Needed(training));

    internal override ITransformer Complete(MLContext context, ITransformer? learned, IDataView? training, IDataView support, CancellationToken cancellationToken) =>
        context.MetaLearning().Adapt(learned!, support, cancellationToken: cancellationToken);

    internal override void CheckUnseen(ITransformer? learned, IReadOnlyCollection<string> tasks)
    {
        string[] seen = [.. ChainAdapter.FindLearner(learned!).TaskNames.Intersect(tasks)];
        if (seen.Length > 0)
            throw new InvalidOperationException($"Tasks must be unseen in training; got {NameList.Of(seen)}, which the model of '{Name}' knows. It would be judged on what it learned. Split the data by task.");
    }
}
