// What the parts of AutoML's sources that are compiled here need of the others.
using System;
using Microsoft.ML.SearchSpace;

namespace Tensorflow
{
    namespace Contexts { internal class Unused { } }
}

namespace Microsoft.ML.AutoML.CodeGen
{
    public enum EstimatorType { Unknown, FastForestBinary, FastForestOva, FastForestRegression, FastTreeBinary, FastTreeOva, FastTreeRegression, FastTreeTweedieRegression, ForecastBySsa, ImageClassificationMulti, LbfgsLogisticRegressionBinary, LbfgsLogisticRegressionOva, LbfgsMaximumEntropyMulti, LbfgsPoissonRegressionRegression, LightGbmBinary, LightGbmMulti, LightGbmRegression, MatrixFactorization, SdcaLogisticRegressionBinary, SdcaLogisticRegressionOva, SdcaMaximumEntropyMulti, SdcaRegression }
}

namespace Microsoft.ML.AutoML
{
    public enum BinaryClassificationMetric { Accuracy, AreaUnderRocCurve, AreaUnderPrecisionRecallCurve, F1Score, PositivePrecision, PositiveRecall, NegativePrecision, NegativeRecall }

    public enum MulticlassClassificationMetric { MicroAccuracy, MacroAccuracy, LogLoss, LogLossReduction, TopKAccuracy }

    public enum RegressionMetric { MeanAbsoluteError, MeanSquaredError, RootMeanSquaredError, RSquared }

    public enum RankingMetric { Ndcg, Dcg }

    // It needs internals of FastTree.
    internal sealed class SmacTuner : ITuner
    {
        public SmacTuner(params object[] settings) => throw new NotSupportedException("SmacTuner is not compiled here.");

        public Parameter Propose(TrialSettings settings) => throw new NotSupportedException();

        public void Update(TrialResult result) => throw new NotSupportedException();
    }

    public class AutoCatalog
    {
        private readonly MLContext _context;

        public AutoCatalog(MLContext context) => _context = context;

        public SweepableEstimator CreateSweepableEstimator<T>(Func<MLContext, T, IEstimator<ITransformer>> factory, SearchSpace<T> ss = null) where T : class, new() =>
            new SweepableEstimator((context, parameter) => factory(context, parameter.AsType<T>()), ss);

        public AutoMLExperiment CreateExperiment() => new AutoMLExperiment(_context, new AutoMLExperiment.AutoMLExperimentSettings());
    }

    public static class AutoExtensions
    {
        public static AutoCatalog Auto(this MLContext context) => new AutoCatalog(context);
    }
}
