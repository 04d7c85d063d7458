using Microsoft.ML;

namespace MetaML.Extensions.Evaluation.FewShot;

/// <summary>A strategy that is fitted only to the support of one task.</summary>
internal sealed class FromScratchStrategy(string name, IEstimator<ITransformer> estimator) : LearningStrategy(name, StrategyKind.FromScratch, estimator)
{
    internal override bool IsPerTask => true;

    internal override ITransformer? Learn(IDataView? training) => null;

    internal override ITransformer Complete(MLContext context, ITransformer? learned, IDataView? training, IDataView support, CancellationToken cancellationToken) =>
        Estimator!.Fit(support);
}
