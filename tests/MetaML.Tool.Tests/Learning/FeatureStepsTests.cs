using MetaML.TestKit;
using MetaML.Tool.Columns;
using MetaML.Tool.Learning;
using MetaML.Tool.Reading;
using MetaML.Tool.Tables;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Tool.Tests.Learning;

public sealed class FeatureStepsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Steps_ACategoryWithManyValues_GivesIndicatorsToTheMostFrequentOnes()
    {
        // 300 rare products come first, and the most frequent one last.
        string[] products = [.. Enumerable.Range(0, 300).Select(i => $"rare {i}"), .. Enumerable.Repeat("frequent", 400)];
        string path = _folder["a.csv"];
        File.WriteAllText(path, "shop,product,sales\n" + string.Concat(products.Select((product, i) => $"s{i % 5},{product},{i % 7}.5\n")));
        TableFile file = TableFile.Open(path);
        TablePlan plan = new Planner(TableDescription.Of(file, []), new() { Task = "shop", Label = "sales", Categories = ["product"] }).Make();
        TableView view = TableLoader.Load(file, plan, LabelUse.Required).View;

        IDataView features = new FeatureSteps(new MLContext(seed: 1), plan).Estimator.Fit(view).Transform(view);

        VBuffer<ReadOnlyMemory<char>> names = default;
        features.Schema["Features"].GetSlotNames(ref names);
        string[] slots = [.. names.DenseValues().Select(name => name.ToString())];
        Assert.Equal(PlannedColumn.MostIndicators, slots.Length);
        Assert.Contains(slots, slot => slot.EndsWith("frequent", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();
}
