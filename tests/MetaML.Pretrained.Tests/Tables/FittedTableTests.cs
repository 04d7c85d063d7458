using MetaML.Numerics;
using MetaML.Pretrained.Network;
using MetaML.Pretrained.Tables;
using Xunit;

namespace MetaML.Pretrained.Tests.Tables;

public sealed class FittedTableTests
{
    private static readonly ManagedNetwork s_network = ShippedNetwork.OfPackage.Network;

    [Fact]
    public void Score_PermutedSupport_IsTheSame()
    {
        LabeledTable table = Table(rows: 40, width: 5);
        int[] order = [.. Enumerable.Range(0, 40)];
        new Random(3).Shuffle(order);
        AssertClose(Scores(Fit(table), table), Scores(Fit(table.Select(order)), table), 1e-4f);
    }

    [Fact]
    public void Score_InBlocks_HasTheBitsOfSingleRows()
    {
        LabeledTable table = Table(rows: 40, width: 5);
        FittedTable fitted = Fit(table);
        float[] block = Scores(fitted, table);
        float[] single = [.. Enumerable.Range(0, table.Rows).SelectMany(row => Scores(fitted, table.Select([row])))];
        Assert.Equal(single, block);
    }

    [Fact]
    public void Score_ManyFeatures_FindsTheRelevantOnes()
    {
        LabeledTable table = Table(rows: 100, width: 60), query = Table(rows: 300, width: 60, seed: 2);
        var fitted = new FittedTable(s_network, table, views: 8, maximumRows: 1000, seed: 1);
        float[] scores = Scores(fitted, query);
        Assert.True(Accuracy(scores, query) > 0.75, $"accuracy {Accuracy(scores, query)}");
    }

    [Fact]
    public void Score_MoreRowsThanAViewReads_UsesOtherRowsInEachView()
    {
        LabeledTable table = Table(rows: 400, width: 4), query = Table(rows: 300, width: 4, seed: 2);
        float few = Accuracy(Scores(new FittedTable(s_network, table, views: 1, maximumRows: 10, seed: 1), query), query);
        float more = Accuracy(Scores(new FittedTable(s_network, table, views: 16, maximumRows: 10, seed: 1), query), query);
        Assert.True(more > few, $"one view {few}, 16 views {more}");
    }

    [Fact]
    public void Next_RareClass_IsInEveryDraw()
    {
        LabeledTable table = Table(rows: 300, width: 2) with { Labels = [.. Enumerable.Range(0, 300).Select(row => row == 123 ? 1f : 0)] };
        for (int seed = 0; seed < 20; seed++)
        {
            LabeledTable draw = RowDraw.Next(table, maximumRows: 10, new Random(seed));
            Assert.Equal(10, draw.Rows);
            Assert.Contains(1, draw.Labels);
        }
    }

    private static FittedTable Fit(LabeledTable table) => new(s_network, table, views: 2, maximumRows: 1000, seed: 1);

    // The first two features decide.
    private static LabeledTable Table(int rows, int width, int seed = 1)
    {
        var random = new Random(seed);
        float[] features = [.. Enumerable.Range(0, rows * width).Select(_ => (float)NormalRandom.Next(random))];
        return new LabeledTable(features, width, [.. Enumerable.Range(0, rows).Select(row => features[row * width] + features[row * width + 1] > 0 ? 1f : 0)], Classes: 2);
    }

    private static float[] Scores(FittedTable fitted, LabeledTable rows)
    {
        var probabilities = new float[rows.Rows * fitted.Probabilities];
        fitted.Score(rows.Features, rows.Rows, new ViewBuffers(fitted.Network.Shape, rows.Rows), probabilities);
        return probabilities;
    }

    private static float Accuracy(float[] probabilities, LabeledTable rows) => rows.Labels.Select((label, row) => probabilities[2 * row + 1] > 0.5f == (label == 1) ? 1f : 0).Average();

    private static void AssertClose(float[] expected, float[] actual, float tolerance) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
}
