using MetaML.Extensions.Interop;
using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.FewShot;

/// <summary>A strategy that is fitted to all rows as if they were of one task.</summary>
internal sealed class PooledStrategy(string name, IEstimator<ITransformer> estimator, bool learnsSupport) : LearningStrategy(name, StrategyKind.Pooled, estimator)
{
    internal override bool IsPerTask => false;

    internal override ITransformer? Learn(IDataView? training) => learnsSupport ? null : Estimator!.Fit(Required(training));

    internal override ITransformer Complete(MLContext context, ITransformer? learned, IDataView? training, IDataView support, CancellationToken cancellationToken) =>
        learned ?? Estimator!.Fit(RowViews.Append(context, Required(training), support));
}
