using MetaML.Adapters;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Extensions.Chains;
using Microsoft.ML;

namespace MetaML.Extensions.Orleans.Tests.Clusters;

/// <summary>Model files, each trained once.</summary>
internal static class SavedModels
{
    public const int Shops = 12;

    private static readonly MlpEncoderOptions s_small = new() { HiddenUnits = [16], EmbeddingDimension = 8 };
    private static readonly Lazy<byte[]> s_visits = new(() => Train(new BayesianAdapterOptions()));
    private static readonly Lazy<byte[]> s_ridge = new(() => Train(new BayesianAdapterOptions { Covariance = PriorCovariance.Diagonal }));
    private static readonly Lazy<byte[]> s_others = new(() => Train(new BayesianAdapterOptions(), seed: 2));
    private static readonly Lazy<byte[]> s_full = new(() => Train(new BayesianAdapterOptions { Covariance = PriorCovariance.Full }));
    private static readonly Lazy<byte[]> s_mapped = new(() => TrainMapped());
    private static readonly Lazy<byte[]> s_network = new(() => Train(new RidgeAdapterOptions(), encoder: s_small));
    private static readonly Lazy<byte[]> s_bayesian = new(() => Train(new BayesianAdapterOptions(), encoder: s_small));

    /// <summary>Regression of Spends on Age and Basket, with the shop as text.</summary>
    public static byte[] Visits => s_visits.Value;

    /// <summary>Another prior over the same statistics.</summary>
    public static byte[] OtherPrior => s_ridge.Value;

    /// <summary>Another normalisation, so that statistics have another meaning.</summary>
    public static byte[] OtherUnits => s_others.Value;

    /// <summary>Classes of spending, with the shop and the class mapped to keys.</summary>
    public static byte[] Mapped => s_mapped.Value;

    /// <summary>A prior with a full covariance.</summary>
    public static byte[] FullCovariance => s_full.Value;

    /// <summary>An untrained network and ridge regression.</summary>
    public static byte[] Network => s_network.Value;

    /// <summary>An untrained network and a Bayesian adapter.</summary>
    public static byte[] BayesianNetwork => s_bayesian.Value;

    /// <summary>A model with the encoder and units of another, whose prior is learned from rows in one process.</summary>
    public static ITransformer WithPriorOf(MLContext ml, ITransformer model, IEnumerable<Visit> rows)
    {
        var adapter = new ChainAdapter(ml, model, CancellationToken.None);
        TaskEvidence[] evidence = ((MetaLearnerTransformer)ChainAdapter.FindLearner(model)).Model.EvidenceOf(adapter.ReadTasks(ml.Data.LoadFromEnumerable(rows)));
        double meanSquare = evidence.Sum(task => task.SquaredLabels) / evidence.Sum(task => task.Weight);
        return new ChainAdapter(ml, model, CancellationToken.None).ReplaceLearner(learner =>
        {
            var single = (MetaLearnerTransformer)learner;
            HeadPrior prior = single.Model.PriorLearner.Learn(single.Model.AdapterValues, [.. Enumerable.Range(0, 3).Select(_ => new PriorSums(evidence))], () => meanSquare, PriorLimits.None).Prior;
            return single.WithModel(ml, single.Model.WithPrior(prior));
        });
    }

    public static IDataView Data(MLContext ml, int seed = 1) => ml.Data.LoadFromEnumerable(Enumerable.Range(0, Shops).SelectMany(shop => Visit.Of(shop, 30, seed)));

    // A network stays untrained.
    private static byte[] Train(AdapterOptions adapter, int seed = 1, EncoderOptions? encoder = null)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Data(ml, seed);
        var options = new MetaLearnerOptions { LabelColumnName = "Spends", TaskColumnName = "Shop", Encoder = encoder ?? new IdentityEncoderOptions(), Adapter = adapter, KeepStatistics = true, MaximumNumberOfIterations = encoder is null ? 1000 : 0 };
        return Save(ml, ml.Transforms.Concatenate("Features", "Age", "Basket").Append(ml.Regression.Trainers.MetaLearner(options)).Fit(data), data);
    }

    private static byte[] TrainMapped()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, Shops).SelectMany(shop => Visit.Of(shop, 30)).Select(Classified.Of));
        var options = new MetaLearnerOptions { TaskColumnName = "ShopKey", Encoder = new IdentityEncoderOptions(), Adapter = new RidgeAdapterOptions(), KeepStatistics = true, MaximumNumberOfIterations = 5 };
        return Save(ml, ml.Transforms.Conversion.MapValueToKey("ShopKey", "Shop").Append(ml.Transforms.Conversion.MapValueToKey("Label", "Class"))
            .Append(ml.Transforms.Concatenate("Features", "Age", "Basket")).Append(ml.MulticlassClassification.Trainers.MetaLearner(options)).Fit(data), data);
    }

    private static byte[] Save(MLContext ml, ITransformer model, IDataView data)
    {
        using var stream = new MemoryStream();
        ml.Model.Save(model, data.Schema, stream);
        return stream.ToArray();
    }

    /// <summary>A customer with the class of the spending.</summary>
    public sealed class Classified
    {
        public string Shop { get; set; } = "";

        public float Age { get; set; }

        public float Basket { get; set; }

        public string Class { get; set; } = "";

        public static Classified Of(Visit visit) => new() { Shop = visit.Shop, Age = visit.Age, Basket = visit.Basket, Class = visit.Spends > 10 ? "high" : visit.Spends > -10 ? "middle" : "low" };
    }
}
