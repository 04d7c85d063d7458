using MetaML.Extensions.Experiments.Runs;
using MetaML.Extensions.Experiments.Strategies;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Experiments.Strategies;

public sealed class DefaultTrainersTests
{
    [Theory]
    [InlineData(0)] // the normaliser makes a constant feature 0
    [InlineData(0.01)]
    [InlineData(1)]
    public void LinearRegression_FewRowsWithLikeFeatures_StaysNearTheirLabels(double spread)
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = [.. new float[] { 71, 61, 68, 30, 48 }.Select((label, i) => new Row { Label = label, Features = [(float)(1 + spread * i), 0] })];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        var (_, trainer) = Assert.Single(new DefaultTrainers(ml, new ExperimentColumns("Label", "Task", "Features"), LabelKind.Regression).Linear());
        Assert.All(trainer.Fit(data).Transform(data).GetColumn<float>("Score"), score => Assert.InRange(score, 0, 110));
    }

    private sealed class Row
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
