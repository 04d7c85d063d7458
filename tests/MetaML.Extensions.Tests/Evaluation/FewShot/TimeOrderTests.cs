using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Evaluation.FewShot;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Evaluation.FewShot;

/// <summary>The support precedes the query in time.</summary>
public sealed class TimeOrderTests
{
    private static readonly DateTime s_start = new(2026, 3, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly MLContext _ml = TrainerCase.NewContext();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Draw_EveryTaskAndDraw_SupportPrecedesQuery(bool isPerClass)
    {
        var options = new FewShotOptions { SupportSizes = [2, 5], Draws = 4, IsPerClass = isPerClass, IsInTimeOrder = true, SkipsSmallTasks = true };
        var random = new Random(1);
        const int Rows = 300, Tasks = 6;
        var names = new NameNumbers();
        int[] tasks = [.. Enumerable.Range(0, Rows).Select(_ => names.Of($"task{random.Next(Tasks)}"))];
        var rows = new LabeledRows(LabelKind.Binary, names.Names, tasks, [.. Enumerable.Range(0, Rows).Select(_ => random.NextDouble() < 0.3 ? 1f : 0)], new NameNumbers())
        {
            Times = [.. Enumerable.Range(0, Rows).Select(_ => (long)random.Next(40))], // many rows have the same time
        };
        var draws = new TaskDraws(rows, options, seed: 0);
        Assert.True(draws.Tasks.Count >= 4);
        foreach (int task in draws.Tasks)
        {
            var starts = new List<(long Time, int Row)>();
            for (int draw = 0; draw < 4; draw++)
            {
                var (supports, query) = draws.Draw(task, draw);
                Assert.NotEmpty(query);
                Assert.Subset(supports[1].ToHashSet(), supports[0].ToHashSet());
                Assert.All(supports, (support, size) => Assert.Equal((isPerClass ? 2 : 1) * options.SupportSizes[size], support.Length));
                Assert.True(supports[1].Max(row => (rows.Times[row], row)).CompareTo(query.Min(row => (rows.Times[row], row))) < 0);
                Assert.All(supports[1].Concat(query), row => Assert.Equal(task, rows.TaskOfRow[row]));
                starts.Add(query.Min(row => (rows.Times[row], row)));
            }

            Assert.Equal(starts.Order(), starts);
            Assert.True(starts.Distinct().Count() > 1);
        }
    }

    public static TheoryData<string> TimeColumns => ["Number", "Double", "Integer", "Big", "Date", "Moment", "Span", "Key"];

    [Theory]
    [MemberData(nameof(TimeColumns))]
    public void SupportQuerySplit_ColumnOfTime_FirstRowsOfEachTaskAreSupport(string column)
    {
        List<Sale> sales = Sales(5, 12);
        IDataView data = _ml.Data.LoadFromEnumerable(sales);
        if (column == "Key")
            data = _ml.Transforms.Conversion.MapValueToKey("Key", "Integer", keyOrdinality: Microsoft.ML.Transforms.ValueToKeyMappingEstimator.KeyOrdinality.ByValue).Fit(data).Transform(data);
        SupportQuerySplit split = _ml.MetaLearning().SupportQuerySplit(data, 4, labelColumnName: "Value", timeColumnName: column);
        Assert.Equal(sales.Where(sale => sale.Integer < 4 - 6).Select(sale => (sale.Task, sale.Integer)).Order(), Rows(split.Support));
        Assert.Equal(sales.Where(sale => sale.Integer >= 4 - 6).Select(sale => (sale.Task, sale.Integer)).Order(), Rows(split.Query));

        static IEnumerable<(string, int)> Rows(IDataView view) => view.GetColumn<string>("Task").Zip(view.GetColumn<int>("Integer")).Order();
    }

    [Fact]
    public void SupportQuerySplit_RowOrder_AndColumnMadeByAStep()
    {
        List<Sale> sales = [.. Sales(5, 12).OrderBy(sale => sale.Integer)];
        SupportQuerySplit split = _ml.MetaLearning().SupportQuerySplit(_ml.Data.LoadFromEnumerable(sales), 4, labelColumnName: "Value", isInTimeOrder: true);
        Assert.All(split.Support.GetColumn<int>("Integer"), day => Assert.True(day < 4 - 6));
        IEstimator<ITransformer> steps = _ml.Transforms.Conversion.ConvertType("Day", "Text", DataKind.DateTime);
        List<Sale> shuffled = Sales(5, 12);
        split = _ml.MetaLearning().SupportQuerySplit(_ml.Data.LoadFromEnumerable(shuffled), 4, labelColumnName: "Value", pipeline: steps, timeColumnName: "Day");
        Assert.All(split.Support.GetColumn<int>("Integer"), day => Assert.True(day < 4 - 6));
    }

    [Fact]
    public void BadTimes_SayWhy()
    {
        List<Sale> sales = Sales(3, 12);
        string MessageOf(string? time, bool isInTimeOrder = false) =>
            Assert.ThrowsAny<Exception>(() => _ml.MetaLearning().SupportQuerySplit(_ml.Data.LoadFromEnumerable(sales), 4, labelColumnName: "Value", timeColumnName: time, isInTimeOrder: isInTimeOrder)).Message;
        Assert.Contains("time column 'Text': expected number, DateTime, DateTimeOffset, TimeSpan or key, got String", MessageOf("Text"));
        Assert.Contains("ConvertType(\"Text\", outputKind: DataKind.DateTime)", MessageOf("Text"));
        Assert.Contains("time column 'When': expected number, DateTime, DateTimeOffset, TimeSpan or key, got no such column", MessageOf("When"));
        Assert.Contains("isInTimeOrder must be false if timeColumnName is set", MessageOf("Date", isInTimeOrder: true));
        Assert.Contains("FewShotOptions.TimeColumnName must be null or the name of a column; got a blank name", Assert.Throws<ArgumentException>(() => _ml.MetaLearning().EvaluateFewShot(_ml.Data.LoadFromEnumerable(sales), [], options: new() { TimeColumnName = " " })).Message);
        sales[7].Number = float.NaN;
        sales[9].Date = default;
        Assert.Contains("Each row must have a time in column 'Number'; got a missing value in row 7.", MessageOf("Number"));
        Assert.Contains("Each row must have a time in column 'Date'; got a missing value in row 9.", MessageOf("Date"));
    }

    // Sales grow from day to day. A random split puts later days into the support, so that its error is too small for a forecast.
    [Fact]
    public void Tools_DriftingTasks_ErrorIsThatOfLaterDays()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Sales(12, 30));
        LearningStrategy[] strategies = [LearningStrategy.FromScratch("from scratch", _ml.Regression.Trainers.Sdca("Value", maximumNumberOfIterations: 20))];
        var shuffled = new FewShotOptions { SupportSizes = [10], Draws = 3 };
        FewShotOptions timed = shuffled with { TimeColumnName = "Date" };
        double Few(FewShotOptions options) => Error(_ml.MetaLearning().EvaluateFewShot(data, strategies, null, "Value", options: options).Curves[0].Overall!);
        double Folds(FewShotOptions options) => Error(_ml.MetaLearning().CrossValidateTasks(data, strategies, 3, "Value", options: options).Overall.Curves[0].Overall!);
        double Experiment(FewShotOptions options)
        {
            var settings = new TaskExperimentSettings { UsesDefaultTrainers = false, Adapters = [], FewShot = options };
            ExperimentResult result = _ml.MetaLearning().CreateExperiment(settings.Add(strategies[0])).Execute(data, "Value");
            Assert.Equal(options.TimeColumnName is not null, result.Test!.IsInTimeOrder);
            return Error(result.Test.Curves[0].Overall!);
        }

        foreach (Func<FewShotOptions, double> tool in new[] { Few, Folds, Experiment })
        {
            double random = tool(shuffled), later = tool(timed);
            Assert.True(later > 1.3 * random, $"MAE {random} at random, {later} in time");
        }
    }

    private static double Error(TaskEvaluation evaluation) => evaluation[TaskMetric.MeanAbsoluteError].Macro.Mean;

    // Days −6, −5, … in random order. The features do not depend on the day.
    private static List<Sale> Sales(int tasks, int days)
    {
        var random = new Random(4);
        Sale[] sales = [.. from task in Enumerable.Range(0, tasks) from day in Enumerable.Range(-6, days) select new Sale(task, day, (float)random.NextDouble())];
        random.Shuffle(sales);
        return [.. sales];
    }

    private sealed class Sale
    {
        public Sale()
        {
        }

        public Sale(int task, int day, float noise)
        {
            (Task, Value, Features) = ($"task{task}", 10 + day + noise, [1, noise]);
            (Number, Double, Integer, Big) = (day, day, day, long.MaxValue / 2 + day);
            (Date, Moment, Span) = (s_start.AddDays(day), new DateTimeOffset(s_start.AddDays(day)).ToOffset(TimeSpan.FromHours(day % 5)), TimeSpan.FromHours(day));
            Text = s_start.AddDays(day).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
        }

        public string Task { get; set; } = "";

        public float Value { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float Number { get; set; }

        public double Double { get; set; }

        public int Integer { get; set; }

        public long Big { get; set; }

        public DateTime Date { get; set; }

        public DateTimeOffset Moment { get; set; }

        public TimeSpan Span { get; set; }

        public string Text { get; set; } = "";
    }
}
