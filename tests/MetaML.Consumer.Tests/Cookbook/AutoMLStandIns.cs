// Microsoft.ML.AutoML cannot be restored everywhere. These types have the members that the recipe uses, with the same signatures, and search at random.
#pragma warning disable SA1402, SA1403 // one file for all stand-ins
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.SearchSpace.Option
{
    /// <summary>A dimension of a search space.</summary>
    public abstract class OptionBase
    {
        internal abstract JsonNode Sample(Random random);
    }

    /// <summary>A choice of values.</summary>
    public sealed class ChoiceOption(object[] choices, object defaultChoice) : OptionBase
    {
        internal override JsonNode Sample(Random random) => JsonSerializer.SerializeToNode(choices.Append(defaultChoice).Take(choices.Length).ElementAt(random.Next(choices.Length)))!;
    }

    /// <summary>AutoML has two types of this name, so that programs must name the namespace.</summary>
    public sealed class SearchSpace : OptionBase
    {
        internal override JsonNode Sample(Random random) => new JsonObject();
    }

    internal sealed class RangeOption(RangeAttribute range) : OptionBase
    {
        internal override JsonNode Sample(Random random)
        {
            double min = Convert.ToDouble(range.Min, null), max = Convert.ToDouble(range.Max, null), share = random.NextDouble();
            double value = range.LogBase ? min * Math.Pow(max / min, share) : min + share * (max - min);
            return range.Min is int ? JsonValue.Create((int)value) : JsonValue.Create(value);
        }
    }
}

namespace Microsoft.ML.SearchSpace
{
    /// <summary>Dimensions by name.</summary>
    public class SearchSpace : OptionBase
    {
        internal Dictionary<string, OptionBase> Options { get; } = [];

        public OptionBase this[string key]
        {
            get => Options[key];
            set => Options[key] = value;
        }

        internal override JsonNode Sample(Random random) => new JsonObject(Options.Select(option => KeyValuePair.Create(option.Key, (JsonNode?)option.Value.Sample(random))));
    }

    /// <summary>The dimensions that the attributes of a type declare.</summary>
    public sealed class SearchSpace<T> : SearchSpace
        where T : class, new()
    {
        public SearchSpace()
        {
            foreach (PropertyInfo property in typeof(T).GetProperties())
            {
                if (property.GetCustomAttribute<RangeAttribute>() is { } range)
                    Options[property.Name] = new RangeOption(range);
            }
        }
    }
}

namespace Microsoft.ML.AutoML
{
    /// <summary>A metric of regression.</summary>
    public enum RegressionMetric
    {
        /// <summary>R².</summary>
        RSquared,
    }

    /// <summary>An estimator with a search space.</summary>
    public sealed class SweepableEstimator(Func<MLContext, string, IEstimator<ITransformer>> factory, SearchSpace.SearchSpace space)
    {
        internal IEstimator<ITransformer> Create(MLContext context, Random random) => factory(context, space.Sample(random).ToJsonString());
    }

    /// <summary>Estimators with a search space.</summary>
    public sealed class SweepablePipeline(IEstimator<ITransformer> first, SweepableEstimator last)
    {
        internal IEstimator<ITransformer> Create(MLContext context, Random random) => first.Append(last.Create(context, random));
    }

    /// <summary>The result of the best trial.</summary>
    public sealed record TrialResult(ITransformer Model, double Metric);

    /// <summary>A search for the best pipeline.</summary>
    public sealed class AutoMLExperiment(MLContext caller)
    {
        private SweepablePipeline? _pipeline;
        private IDataView? _training, _validation;
        private string _label = "";

        public AutoMLExperiment SetPipeline(SweepablePipeline pipeline)
        {
            _pipeline = pipeline;
            return this;
        }

        public AutoMLExperiment SetDataset(IDataView train, IDataView validation, bool subSamplingTrainDataset = false)
        {
            (_training, _validation) = (train, subSamplingTrainDataset ? train : validation);
            return this;
        }

        public AutoMLExperiment SetRegressionMetric(RegressionMetric metric, string labelColumn = "Label", string scoreColumn = "Score")
        {
            _label = metric == RegressionMetric.RSquared && scoreColumn == "Score" ? labelColumn : throw new NotSupportedException();
            return this;
        }

        public AutoMLExperiment SetTrainingTimeInSeconds(uint seconds) => seconds > 0 ? this : throw new NotSupportedException();

        public Task<TrialResult> RunAsync(CancellationToken token = default)
        {
            var random = new Random(1);
            var trials = new List<TrialResult>();
            ArgumentNullException.ThrowIfNull(caller);
            for (int trial = 0; trial < 4; trial++)
            {
                token.ThrowIfCancellationRequested();
                var context = new MLContext(seed: trial); // each trial has a context of its own
                ITransformer model = _pipeline!.Create(context, random).Fit(_training!);
                trials.Add(new TrialResult(model, context.Regression.Evaluate(model.Transform(_validation!), _label).RSquared));
            }

            return Task.FromResult(trials.MaxBy(trial => trial.Metric)!);
        }
    }

    /// <summary>The catalog of AutoML.</summary>
    public sealed class AutoCatalog(MLContext context)
    {
        public SweepableEstimator CreateSweepableEstimator<T>(Func<MLContext, T, IEstimator<ITransformer>> factory, SearchSpace<T> ss)
            where T : class, new() => new((own, parameter) => factory(own ?? context, JsonSerializer.Deserialize<T>(parameter)!), ss);

        public AutoMLExperiment CreateExperiment() => new(context);
    }

    /// <summary>Extensions of AutoML.</summary>
    public static class AutoMLExtensions
    {
        public static AutoCatalog Auto(this MLContext context) => new(context);

        public static SweepablePipeline Append(this IEstimator<ITransformer> estimator, SweepableEstimator estimator1) => new(estimator, estimator1);
    }
}
