using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

/// <summary>Tasks in groups: TaskGroupColumnNames.</summary>
public sealed class GroupTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void Transform_UnknownStore_IsScoredByItsInnermostKnownGroup()
    {
        Shop[] training = Shop.Rows(12, 4, 4, 6), others = Shop.Rows(12, 4, 2, 4, first: 50), rest = [.. others.Select(shop => shop.Copy("elsewhere", "nowhere"))];
        ITransformer model = Fit(training);
        double Error(Shop[] rows) => others.Zip(Scores(model, rows), (shop, score) => Math.Pow(shop.Level - score, 2)).Average();
        double known = Error(others), region = Error([.. others.Select(shop => shop.Copy(shop.Region, "new " + shop.District))]), unknown = Error(rest);
        Assert.True(known < region && region < unknown, $"{known}, {region}, {unknown}");
        Assert.True(known < 0.5 * unknown);
        Assert.Single(Scores(model, rest).Distinct());
        Assert.All(model.Transform(_ml.Data.LoadFromEnumerable(others)).GetColumn<bool>("IsKnownTask"), Assert.False);
    }

    [Fact]
    public void SaveAndLoad_ScoresAndAdaptsTheSame()
    {
        ITransformer model = Fit(Shop.Rows(8, 3, 3, 4));
        Shop[] rows = [.. Shop.Rows(8, 3, 3, 1), .. Shop.Rows(2, 2, 2, 1, first: 50), new() { Store = "x", Region = "y", District = "z" }];
        IDataView data = _ml.Data.LoadFromEnumerable(rows), support = _ml.Data.LoadFromEnumerable(Shop.Rows(2, 2, 2, 2, first: 50));
        using var stream = new MemoryStream(SavedModels.Save(_ml, model, data.Schema));
        ITransformer loaded = _ml.Model.Load(stream, out _);
        Assert.Equal(Scores(model, rows), Scores(loaded, rows));
        Assert.Equal(["Region", "District"], Assert.IsType<MetaLearnerTransformer>(((TransformerChain<ITransformer>)loaded).Last()).TaskGroupColumnNames);
        Assert.Equal(_ml.MetaLearning().Describe(model).ToString(), _ml.MetaLearning().Describe(loaded).ToString());
        Assert.Equal(Scores(_ml.MetaLearning().Adapt(model, support), rows), Scores(_ml.MetaLearning().Adapt(loaded, support), rows));
        using var engine = _ml.Model.CreatePredictionEngine<Shop, Prediction>(loaded);
        Assert.Equal(Scores(model, rows), rows.Select(row => engine.Predict(row).Score));
    }

    [Fact]
    public void Adapt_StoreOfAKnownDistrict_StartsFromIt()
    {
        ITransformer model = Fit(Shop.Rows(12, 4, 4, 6));
        Shop[] others = Shop.Rows(12, 4, 2, 5, first: 50), support = [.. others.GroupBy(shop => shop.Store).SelectMany(store => store.Take(1))];
        double Error(ITransformer used) => others.Zip(Scores(used, others), (shop, score) => Math.Pow(shop.Level - score, 2)).Average();
        double adapted = Error(_ml.MetaLearning().Adapt(model, _ml.Data.LoadFromEnumerable(support)));
        double without = Error(_ml.MetaLearning().Adapt(Fit(Shop.Rows(12, 4, 4, 6), grouped: false), _ml.Data.LoadFromEnumerable(support)));
        Assert.True(adapted < Error(model) && adapted < 0.9 * without, $"{adapted}, {Error(model)}, {without}");
    }

    [Fact]
    public void Effects_OfGroups_AddUpToThoseOfStores()
    {
        ITransformer model = Fit(Shop.Rows(12, 4, 4, 6), shrinkage: false);
        PopulationDescription population = _ml.MetaLearning().Describe(model).Outputs[0].Population!;
        Assert.Equal(["Region", "District"], population.Groups.Select(level => level.ColumnName));
        Assert.Equal([12, 48], population.Groups.Select(level => level.GroupCount));
        Assert.InRange(population.Groups[0].StandardDeviations[0], 0.8, 3);
        Assert.InRange(population.Groups[1].StandardDeviations[0], 0.5, 1.1);
        Assert.Contains("48 groups of 'District': standard deviation (Intercept)", _ml.MetaLearning().Describe(model).ToString());

        GroupEffect[] groups = [.. _ml.Data.CreateEnumerable<GroupEffect>(_ml.MetaLearning().GroupEffects(model), reuseRowObject: false)];
        Assert.Equal(60, groups.Length);
        Assert.All(groups, group => Assert.InRange(group.StandardDeviation, 0.01, 2));
        double mean = _ml.Data.CreateEnumerable<PopulationEffect>(_ml.MetaLearning().PopulationEffects(model), reuseRowObject: false).First().Estimate;
        foreach (TaskEffect store in _ml.Data.CreateEnumerable<TaskEffect>(_ml.MetaLearning().TaskEffects(model), reuseRowObject: false).Where(effect => effect.Name == "(Intercept)"))
        {
            string district = string.Join('.', store.Task.Split(' ')[1].Split('.')[..2]);
            GroupEffect own = groups.Single(group => group.Group == $"district {district}"), outer = groups.Single(group => group.Group == own.OuterGroup);
            Assert.Equal(store.Estimate, mean + outer.Difference + own.Difference + store.Difference, 1e-4);
        }
    }

    [Fact]
    public void Fit_GroupsThatCrossOrAreMissing_NamesThem()
    {
        Shop[] rows = Shop.Rows(3, 2, 2, 3);
        rows[1].District = "district 2.1";
        Assert.Contains("A task must be in one group of 'District'; got 'district 0.0' and 'district 2.1' for task 'store 0.0.0'", Assert.Throws<ArgumentException>(() => Fit(rows)).Message);
        rows = Shop.Rows(3, 2, 2, 3);
        foreach (Shop shop in rows.Where(shop => shop.Store == "store 1.1.0"))
            shop.Region = "region 2";
        Assert.Contains("A group must be in one group of 'Region'; got 'region 2' and 'region 1' for group 'district 1.1' of 'District'", Assert.Throws<ArgumentException>(() => Fit(rows)).Message);
        rows = Shop.Rows(3, 2, 2, 3);
        rows[4].Region = "";
        Assert.Contains("Each row must have a group in column 'Region'; got none in row 4", Assert.Throws<InvalidOperationException>(() => Fit(rows)).Message);
    }

    [Fact]
    public void Options_ThatDoNotFitGroups_AreRefused()
    {
        string MessageOf(Action<MetaLearnerOptions> change)
        {
            MetaLearnerOptions options = Options();
            change(options);
            return Assert.Throws<ArgumentException>(() => _ml.Regression.Trainers.MetaLearner(options)).Message;
        }

        Assert.Contains("Adapter must be BayesianAdapterOptions if tasks are in groups", MessageOf(options => options.Adapter = null));
        Assert.Contains("TaskGroupColumnNames must be different columns", MessageOf(options => options.TaskGroupColumnNames = ["Store"]));
        Assert.Contains("TaskGroupColumnNames must be the name of a column", MessageOf(options => options.TaskGroupColumnNames = [" "]));
        var chain = _ml.Transforms.Concatenate("Features", "Price").Append(_ml.Regression.Trainers.MetaLearner(Options() with { TaskGroupColumnNames = ["Price"] }));
        Assert.Contains("group column 'Price': expected String or key", Assert.Throws<ArgumentOutOfRangeException>(() => chain.Fit(_ml.Data.LoadFromEnumerable(Shop.Rows(3, 2, 2, 3)))).Message);
    }

    private static MetaLearnerOptions Options(bool grouped = true, bool shrinkage = true) => new()
    {
        LabelColumnName = "Sales",
        TaskColumnName = "Store",
        TaskGroupColumnNames = grouped ? ["Region", "District"] : [],
        Encoder = new IdentityEncoderOptions(),
        Adapter = new BayesianAdapterOptions { VaryingFeatures = [], Shrinkage = shrinkage },
    };

    private ITransformer Fit(Shop[] rows, bool grouped = true, bool shrinkage = true) =>
        _ml.Transforms.Concatenate("Features", "Price").Append(_ml.Regression.Trainers.MetaLearner(Options(grouped, shrinkage))).Fit(_ml.Data.LoadFromEnumerable(rows));

    private float[] Scores(ITransformer model, Shop[] rows) => [.. model.Transform(_ml.Data.LoadFromEnumerable(rows)).GetColumn<float>("Score")];

    // A store in a district in a region. Sales do not depend on the price.
    private sealed class Shop
    {
        public string Store { get; set; } = "";

        public string District { get; set; } = "";

        public string Region { get; set; } = "";

        public float Price { get; set; }

        public float Sales { get; set; }

        [NoColumn]
        public double Level { get; set; }

        public Shop Copy(string region, string district) => new() { Store = Store, Region = region, District = district, Level = Level };

        public static Shop[] Rows(int regions, int districts, int stores, int rows, int first = 0)
        {
            static double Normal(int seed) => Enumerable.Range(0, 12).Sum(i => new Random(seed * 31 + i).NextDouble()) - 6;
            var all = new List<Shop>();
            for (int r = 0; r < regions; r++)
            {
                for (int d = 0; d < districts; d++)
                {
                    for (int s = first; s < first + stores; s++)
                    {
                        double level = 10 + 1.5 * Normal(r + 1) + 0.8 * Normal(1000 + 20 * r + d) + 0.4 * Normal(100_000 + 2000 * r + 100 * d + s);
                        var random = new Random(7 * s + 1000 * d + r);
                        for (int i = 0; i < rows; i++)
                            all.Add(new Shop { Store = $"store {r}.{d}.{s}", District = $"district {r}.{d}", Region = $"region {r}", Level = level, Sales = (float)(level + 0.6 * (2 * random.NextDouble() - 1)) });
                    }
                }
            }

            return [.. all];
        }
    }

    private sealed class Prediction
    {
        public float Score { get; set; }
    }
}
