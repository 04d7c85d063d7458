using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Construction;

public sealed class ConstructTasksTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    public static TheoryData<TaskConstructionOptions> Constructions =>
    [
        new CopyTaskOptions { FeatureColumnName = "Values", Copies = 3 },
        new ClusterTaskOptions { FeatureColumnName = "Values", NumberOfTasks = 3, NumberOfClasses = 4 },
        new ColumnTaskOptions { FeatureColumnName = "Values", NumberOfTasks = 3, NumberOfClasses = 4 },
    ];

    [Theory]
    [MemberData(nameof(Constructions))]
    public void ConstructTasks_ReadTwice_SameRowsOfTheColumnsType(TaskConstructionOptions options)
    {
        int reads = 0;
        IDataView rows = _ml.Data.LoadFromEnumerable(Points(40).Select(point =>
        {
            reads++;
            return point;
        }));
        IDataView tasks = _ml.MetaLearning().ConstructTasks(rows, options);
        Assert.Equal(0, reads); // nothing is read before the tasks are
        Assert.Equal(rows.Schema["Values"].Type, tasks.Schema["Values"].Type);
        var (first, again) = (Read(tasks), Read(tasks));
        Assert.Equal(120, first.Length);
        Assert.Equal(first.Select(Text), again.Select(Text));
        if (options is not CopyTaskOptions)
            Assert.NotEqual(first.Select(Text), Read(_ml.MetaLearning().ConstructTasks(rows, options with { Seed = 5 })).Select(Text));
    }

    [Fact]
    public void ConstructTasks_Copies_EachRowIsAClassOfOnePool()
    {
        Point[] points = [.. Points(7)];
        Row[] copies = Read(_ml.MetaLearning().ConstructTasks(_ml.Data.LoadFromEnumerable(points), new CopyTaskOptions { FeatureColumnName = "Values" }));
        Assert.Single(copies.Select(row => row.Task).Distinct());
        Assert.Equal(points.Select(point => point.Values), copies.GroupBy(row => row.Label).Select(same => Assert.Single(same.Select(row => row.Values).DistinctBy(values => string.Join(' ', values)))));
        Assert.All(copies.GroupBy(row => row.Label), same => Assert.Equal(2, same.Count()));
    }

    [Fact]
    public void ConstructTasks_Clusters_AreThoseOfTheEmbedding()
    {
        Row[] rows = Read(_ml.MetaLearning().ConstructTasks(_ml.Data.LoadFromEnumerable(Points(60)), new ClusterTaskOptions { FeatureColumnName = "Values", EmbeddingColumnName = "Place", NumberOfTasks = 4, NumberOfClasses = 3 }));
        foreach (var task in rows.GroupBy(row => row.Task))
        {
            Assert.Equal(60, task.Count());
            var clusters = task.GroupBy(row => row.Label).Select(cluster => cluster.Select(row => (int)MathF.Round(row.Values[0] / 10)).Distinct().ToArray()).ToArray();
            Assert.Equal(3, clusters.Length);
            Assert.All(clusters, places => Assert.Single(places)); // the first value is about ten times the number of the group
        }
    }

    [Fact]
    public void ConstructTasks_Columns_ClassesAreOfTheShuffledColumns()
    {
        Point[] points = [.. Points(60)];
        Row[] rows = Read(_ml.MetaLearning().ConstructTasks(_ml.Data.LoadFromEnumerable(points), new ColumnTaskOptions { FeatureColumnName = "Values", NumberOfTasks = 12, NumberOfClasses = 3, MaximumShare = 0.2 }));
        int shuffledGroups = 0;
        foreach (var task in rows.GroupBy(row => row.Task))
        {
            Row[] all = [.. task];
            int[] shuffled = [.. Enumerable.Range(0, 4).Where(column => !all.Select(row => row.Values[column]).SequenceEqual(points.Select(point => point.Values[column])))];
            int hidden = Assert.Single(shuffled); // one of four columns
            Assert.Equal(points.Select(point => point.Values[hidden]).Order(), all.Select(row => row.Values[hidden]).Order());
            if (hidden != 0)
                continue;
            shuffledGroups++;
            Assert.All(all.Index().GroupBy(row => row.Item.Label), cluster => Assert.Single(cluster.Select(row => row.Index % 3).Distinct()));
        }

        Assert.True(shuffledGroups > 0);
    }

    [Fact]
    public void ConstructTasks_WrongColumnOrOption_SaysSo()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(Points(5));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MetaLearning().ConstructTasks(rows, new CopyTaskOptions()));
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MetaLearning().ConstructTasks(rows, new ClusterTaskOptions { FeatureColumnName = "Values", EmbeddingColumnName = "None" }));
        Assert.Contains("Copies", Assert.ThrowsAny<ArgumentException>(() => _ml.MetaLearning().ConstructTasks(rows, new CopyTaskOptions { FeatureColumnName = "Values", Copies = 1 })).Message, StringComparison.Ordinal);
        Assert.Contains("MinimumShare", Assert.ThrowsAny<ArgumentException>(() => _ml.MetaLearning().ConstructTasks(rows, new ColumnTaskOptions { FeatureColumnName = "Values", MinimumShare = 0.6 })).Message, StringComparison.Ordinal);
        IDataView few = _ml.MetaLearning().ConstructTasks(rows, new ClusterTaskOptions { FeatureColumnName = "Values", NumberOfClasses = 5 });
        Assert.Contains("got 5 rows", Assert.Throws<InvalidOperationException>(() => Read(few)).Message, StringComparison.Ordinal);
    }

    // Three groups, which the first value and the place show. The other values are noise.
    private static IEnumerable<Point> Points(int count)
    {
        var random = new Random(3);
        for (int i = 0; i < count; i++)
            yield return new Point { Values = [10 * (i % 3) + random.NextSingle(), random.NextSingle(), random.NextSingle(), random.NextSingle()], Place = [i % 3 + 0.01f * random.NextSingle()] };
    }

    private Row[] Read(IDataView tasks) => [.. _ml.Data.CreateEnumerable<Row>(tasks, reuseRowObject: false)];

    private static string Text(Row row) => $"{row.Task}, {row.Label}: {string.Join(' ', row.Values)}";

    private sealed class Point
    {
        [VectorType(2, 2)]
        public float[] Values { get; set; } = [];

        [VectorType(1)]
        public float[] Place { get; set; } = [];
    }

    private sealed class Row
    {
        public string Task { get; set; } = "";

        public string Label { get; set; } = "";

        public float[] Values { get; set; } = [];
    }
}
