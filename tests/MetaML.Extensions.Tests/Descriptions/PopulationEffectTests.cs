using MetaML.TestKit;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests.Descriptions;

public sealed class PopulationEffectTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Fact]
    public void PopulationEffects_LinearModel_NamesEffectsBySlots()
    {
        ITransformer model = Fit(new BayesianAdapterOptions { Shrinkage = false });
        PopulationEffect[] effects = [.. _ml.Data.CreateEnumerable<PopulationEffect>(_ml.MetaLearning().PopulationEffects(model), reuseRowObject: false)];
        Assert.Equal(["(Intercept)", "Price", "Size", "Price:Size"], effects.Select(effect => effect.Name));
        double[] truth = [3, -1, 2, -1];
        Assert.All(effects.Zip(truth), pair => Assert.Equal(pair.Second, pair.First.Estimate, 4 * pair.First.StandardError));
        Assert.All(effects, effect => Assert.InRange(effect.StandardError, 0.01, 0.2));
        Assert.InRange(effects[0].TaskStandardDeviation, 0.2, 0.6);
        Assert.InRange(effects[1].TaskStandardDeviation, 0.1, 0.3);
        Assert.True(double.IsNaN(effects[2].TaskStandardDeviation));
    }

    [Fact]
    public void TaskEffects_AreThoseOfTheTasksHeads()
    {
        ITransformer model = Fit(new BayesianAdapterOptions { VaryingFeatures = [] });
        IDataView view = _ml.MetaLearning().TaskEffects(model);
        Assert.Equal(["Task", "Name", "Estimate", "Difference", "StandardDeviation"], view.Schema.Select(column => column.Name));
        TaskEffect[] effects = [.. _ml.Data.CreateEnumerable<TaskEffect>(view, reuseRowObject: false)];
        Assert.Equal(60, effects.Length);
        foreach (StoreRow row in StoreRow.Rows().DistinctBy(row => row.Store).Take(4))
        {
            var own = effects.Where(effect => effect.Task == row.Store).ToDictionary(effect => effect.Name);
            float score = Score(model, row);
            Assert.Equal(score, own["(Intercept)"].Estimate + row.Price * own["Price"].Estimate, 1e-4);
            float prior = Score(model, new StoreRow { Store = "unknown", Size = row.Size, Price = row.Price });
            Assert.Equal(score - prior, own["(Intercept)"].Difference, 1e-4); // the slope is fixed
            Assert.Equal(0, own["Price"].Difference, 1e-6);
            Assert.Equal(0, own["Price"].StandardDeviation, 1e-6);
            Assert.InRange(own["(Intercept)"].StandardDeviation, 0.02, 0.3);
        }
    }

    [Fact]
    public void Describe_LinearModel_HasThePopulation()
    {
        ModelDescription description = _ml.MetaLearning().Describe(Fit(new BayesianAdapterOptions { Shrinkage = false }));
        PopulationDescription population = description.Outputs[0].Population!;
        Assert.Equal(["(Intercept)", "Price"], population.VaryingEffects);
        Assert.Equal(8, population.ParameterCount); // four effects, three of the covariance, the noise
        Assert.Equal(360, population.RowCount);
        Assert.Equal(30, population.TaskCount);
        Assert.Equal(population.Correlations[0][1], population.Correlations[1][0], 1e-12);
        Assert.InRange(population.ResidualStandardDeviation, 0.27, 0.33);
        Assert.Equal(16 - 2 * population.LogLikelihood!.Value, population.Aic!.Value, 1e-9);
        Assert.Equal(8 * Math.Log(360) - 2 * population.LogLikelihood.Value, population.Bic!.Value, 1e-9);
        string text = description.ToString();
        Assert.Contains("  Population, from 360 rows of 30 tasks: log likelihood ", text, StringComparison.Ordinal);
        Assert.Contains("    Price:Size: -", text, StringComparison.Ordinal);
        Assert.Contains("  Task features: Size", text, StringComparison.Ordinal);
    }

    [Fact]
    public void PopulationEffects_ModelWithoutNamedEffects_IsAnError()
    {
        ITransformer model = new TrainerCase("regression", "Value").Pipeline(_ml).Fit(_ml.Data.LoadFromEnumerable(Some.Tasks()));
        Assert.Contains("IdentityEncoderOptions", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().PopulationEffects(model)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _ml.MetaLearning().TaskEffects(model));
        Assert.Null(_ml.MetaLearning().Describe(model).Outputs[0].Population);
    }

    private float Score(ITransformer model, StoreRow row) => model.Transform(_ml.Data.LoadFromEnumerable([row])).Preview().RowView[0].Values.Where(value => value.Key == "Score").Select(value => (float)value.Value).Last();

    private ITransformer Fit(BayesianAdapterOptions adapter) => _ml.Transforms.Concatenate("Features", "Price").Append(_ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions
    {
        LabelColumnName = "Sales",
        TaskColumnName = "Store",
        TaskFeatureColumnName = "Size",
        Encoder = new IdentityEncoderOptions(),
        Adapter = adapter,
    })).Fit(_ml.Data.LoadFromEnumerable(StoreRow.Rows()));
}
