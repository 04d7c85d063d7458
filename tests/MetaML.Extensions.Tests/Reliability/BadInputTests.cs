using System.Diagnostics;
using System.Globalization;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Reliability;

/// <summary>Bad input of every kind for every public entry point: the type of the exception, and a part of its message.</summary>
public sealed class BadInputTests
{
    private const double Seconds = 5; // one second after reading, with a margin for a busy machine

    private static readonly MLContext s_ml = TrainerCase.NewContext();
    private static readonly TrainerCase s_binary = new("binary", "Answer"), s_multiclass = new("multiclass", "Key"), s_regression = new("regression", "Value");
    private static readonly TrainerCase[] s_trainers = [s_binary, s_multiclass, s_regression];
    private static readonly Lazy<Dictionary<string, ITransformer>> s_fitted = new(() => s_trainers.ToDictionary(trainer => trainer.Name, trainer => (ITransformer)trainer.Trainer(s_ml, trainer.Options(iterations: 2)).Fit(trainer.Data(s_ml, Some.Tasks()))));

    private static readonly Lazy<ITransformer> s_ownClasses = new(() => s_multiclass.Trainer(s_ml, s_multiclass.Options(iterations: 2) with { ClassSets = ClassSets.PerTask }).Fit(
        s_ml.Transforms.Conversion.MapValueToKey("Key", "Value").Fit(OwnClasses()).Transform(OwnClasses())));

    // The change that makes rows bad; the entry points that must reject them; the exception. The other entry points must accept the rows.
    private static readonly (string Name, Action<List<TaskRow>> Corrupt, string[] RejectedBy, Type Error, string MessagePart)[] s_rows =
    [
        ("no rows", rows => rows.Clear(), ["Fit binary", "Fit regression", "Adapt binary", "Adapt regression"], typeof(InvalidOperationException), "got none"),
        ("NaN feature", rows => rows[1].Features[2] = float.NaN, ["Fit", "Adapt"], typeof(InvalidOperationException), "got NaN in row 1, slot 2"),
        ("infinite feature", rows => rows[1].Features[2] = float.PositiveInfinity, ["Fit", "Adapt"], typeof(InvalidOperationException), "in row 1, slot 2"),
        ("NaN label", rows => rows.ForEach(row => row.Value = float.NaN), ["Fit regression", "Adapt regression"], typeof(InvalidOperationException), "got none"),
        ("infinite label", rows => rows[3].Value = float.NegativeInfinity, ["Fit regression", "Adapt regression"], typeof(InvalidOperationException), "in row 3 of column 'Value'"),
        ("one row", rows => rows.RemoveRange(1, rows.Count - 1), ["Fit"], typeof(InvalidOperationException), "at least two tasks; got one"),
        ("one task", rows => rows.ForEach(row => row.Task = "only"), ["Fit"], typeof(InvalidOperationException), "at least two tasks; got one, 'only'"),
        ("one row in each task", rows => KeepOneOfEach(rows), ["Fit"], typeof(InvalidOperationException), "able to form an episode"),
        ("one class", rows => rows.ForEach(row => (row.Answer, row.Class) = (true, "low")), ["Fit binary", "Fit multiclass"], typeof(InvalidOperationException), "at least two classes"),
        ("no variance", rows => rows.ForEach(row => row.Features = new float[TaskRow.FeatureCount]), [], typeof(object), ""),
        ("one label value", rows => rows.ForEach(row => row.Value = 7), [], typeof(object), ""),
        ("huge features", rows => rows.ForEach(row => row.Features = Array.ConvertAll(row.Features, x => x * 1e30f)), [], typeof(object), ""),
        ("duplicate rows", rows => rows.AddRange(rows.ToArray()), [], typeof(object), ""),
        ("names with newlines", rows => rows.ForEach(row => row.Task = $"a\n{row.Task}\r\n\0"), [], typeof(object), ""),
        ("names of 10,000 characters", rows => rows.ForEach(row => row.Task = new string('x', 10_000) + row.Task), [], typeof(object), ""),
        ("empty names", rows => rows.ForEach(row => row.Task = row.Task == "task0" ? "" : row.Task), ["Fit", "Adapt"], typeof(InvalidOperationException), "must have a task in column 'Task'; got an empty text in row 0"),
    ];

    public static TheoryData<string, string> RowCases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (TrainerCase trainer in s_trainers)
            {
                foreach (string entry in new[] { "Fit", "Adapt" })
                {
                    foreach (var bad in s_rows.Where(bad => bad.Name != "no rows" || trainer != s_multiclass)) // a key without values is rejected by its type
                        cases.Add($"{entry} {trainer.Name}", bad.Name);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(RowCases))]
    public void Rows_ThatAreBad_AreRefusedByNameOrGiveFiniteScores(string entry, string badName)
    {
        var (_, corrupt, rejectedBy, type, messagePart) = s_rows.Single(bad => bad.Name == badName);
        TrainerCase trainer = s_trainers.Single(trainer => entry.EndsWith(trainer.Name, StringComparison.Ordinal));
        List<TaskRow> rows = Some.Tasks(4, 12);
        corrupt(rows);
        IDataView data = trainer.Data(s_ml, rows);
        var clock = Stopwatch.StartNew();
        ITransformer? model = null;
        Exception? error = Record.Exception(() => model = entry.StartsWith("Fit", StringComparison.Ordinal)
            ? trainer.Trainer(s_ml, trainer.Options(iterations: 2)).Fit(data)
            : s_ml.MetaLearning().Adapt(s_fitted.Value[trainer.Name], data));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, Seconds);

        if (rejectedBy.Any(name => entry.StartsWith(name, StringComparison.Ordinal)))
        {
            Assert.True(type.IsInstanceOfType(error), error?.ToString() ?? "was taken");
            Assert.Contains(messagePart, error!.Message);
            return;
        }

        Assert.True(error is null, error?.ToString());
        Assert.All(TrainerConformance.Scores(trainer, model!.Transform(data)), score => Assert.True(float.IsFinite(score), $"{score}"));
    }

    public static TheoryData<string> Calls => new(s_calls.Keys);

    // Arguments that are rejected before data are read.
    private static readonly Dictionary<string, (Func<object?> Call, Type Error, string MessagePart)> s_calls = new()
    {
        ["MetaLearning of null"] = (() => MetaLearnerExtensions.MetaLearning(null!), typeof(ArgumentNullException), "mlContext"),
        ["binary trainer, null options"] = (() => s_ml.BinaryClassification.Trainers.MetaLearner(options: null!), typeof(ArgumentNullException), "options"),
        ["multiclass trainer, null options"] = (() => s_ml.MulticlassClassification.Trainers.MetaLearner(options: null!), typeof(ArgumentNullException), "options"),
        ["regression trainer, null options"] = (() => s_ml.Regression.Trainers.MetaLearner(options: null!), typeof(ArgumentNullException), "options"),
        ["trainer, null label"] = (() => s_ml.Regression.Trainers.MetaLearner(labelColumnName: null!), typeof(ArgumentException), "MetaLearnerOptions.LabelColumnName must be"),
        ["trainer, empty features"] = (() => s_ml.Regression.Trainers.MetaLearner(featureColumnName: ""), typeof(ArgumentException), "MetaLearnerOptions.FeatureColumnName must be"),
        ["trainer, null task"] = (() => s_ml.Regression.Trainers.MetaLearner(taskColumnName: null!), typeof(ArgumentException), "MetaLearnerOptions.TaskColumnName must be"),
        ["trainer, blank weight"] = (() => s_ml.Regression.Trainers.MetaLearner(exampleWeightColumnName: " "), typeof(ArgumentException), "MetaLearnerOptions.ExampleWeightColumnName must be"),
        ["Fit, null"] = (() => s_binary.Trainer(s_ml).Fit(null!), typeof(ArgumentNullException), "input"),
        ["GetOutputSchema, null"] = (() => s_binary.Trainer(s_ml).GetOutputSchema(null!), typeof(ArgumentNullException), "inputSchema"),
        ["Adapt, null model"] = (() => s_ml.MetaLearning().Adapt(null!, Data(s_binary)), typeof(ArgumentNullException), "model"),
        ["Adapt, null support"] = (() => s_ml.MetaLearning().Adapt(s_fitted.Value["binary"], null!), typeof(ArgumentNullException), "support"),
        ["Adapt, no meta-learner"] = (() => s_ml.MetaLearning().Adapt(s_ml.Transforms.NormalizeMinMax("Features").Fit(Data(s_binary)), Data(s_binary)), typeof(ArgumentException), "must be a meta-learner"),
        ["Adapt, other features"] = (() => s_ml.MetaLearning().Adapt(s_fitted.Value["binary"], Wide(s_binary)), typeof(ArgumentOutOfRangeException), "feature column 'Features': expected vector of 6 Single"),
        ["Transform, other features"] = (() => s_fitted.Value["binary"].Transform(Wide(s_binary)), typeof(ArgumentOutOfRangeException), "feature column 'Features': expected vector of 6 Single"),
        ["Adapt, other label"] = (() => s_ml.MetaLearning().Adapt(s_fitted.Value["multiclass"], Data(s_binary)), typeof(ArgumentOutOfRangeException), "label column 'Key'"),
        ["Adapt, features of text"] = (() => s_ml.MetaLearning().Adapt(s_fitted.Value["binary"], Other("Features", "Class")), typeof(ArgumentOutOfRangeException), "feature column 'Features': expected known-size vector of Single"),
        ["Transform, features of text"] = (() => s_fitted.Value["binary"].Transform(Other("Features", "Class")), typeof(ArgumentOutOfRangeException), "feature column 'Features': expected known-size vector of Single"),
        ["Fit, task of numbers"] = (() => s_binary.Trainer(s_ml).Fit(Other("Task", "Value")), typeof(ArgumentOutOfRangeException), "task column 'Task'"),
        ["Adapt, task of numbers"] = (() => s_ml.MetaLearning().Adapt(s_fitted.Value["binary"], Other("Task", "Value")), typeof(ArgumentOutOfRangeException), "task column 'Task'"),
        ["Transform, task of numbers"] = (() => s_fitted.Value["binary"].Transform(Other("Task", "Value")), typeof(ArgumentOutOfRangeException), "task column 'Task'"),
        ["Fit, label of another kind"] = (() => s_binary.Trainer(s_ml).Fit(Other("Answer", "Value")), typeof(ArgumentOutOfRangeException), "label column 'Answer'"),
        ["Adapt, label of another kind"] = (() => s_ml.MetaLearning().Adapt(s_fitted.Value["regression"], Other("Value", "Answer")), typeof(ArgumentOutOfRangeException), "label column 'Value'"),
        ["Transform, no task"] = (() => s_fitted.Value["binary"].Transform(s_ml.Transforms.DropColumns("Task").Fit(Data(s_binary)).Transform(Data(s_binary))), typeof(ArgumentOutOfRangeException), "task column 'Task': expected String or key of known cardinality, got no such column"),
        ["RemoveTask, null model"] = (() => s_ml.MetaLearning().RemoveTask(null!, "task0"), typeof(ArgumentNullException), "model"),
        ["RemoveTask, null task"] = (() => s_ml.MetaLearning().RemoveTask(s_fitted.Value["binary"], null!), typeof(ArgumentNullException), "task"),
        ["RemoveTask, unknown task"] = (() => s_ml.MetaLearning().RemoveTask(s_fitted.Value["binary"], "a\nb"), typeof(ArgumentException), "must be one of the 12 that the model knows"),
        ["SharedEncoder, null model"] = (() => s_ml.MetaLearning().SharedEncoder((ITransformer)null!), typeof(ArgumentNullException), "model"),
        ["SharedEncoder, blank output"] = (() => s_ml.MetaLearning().SharedEncoder(s_fitted.Value["binary"], " "), typeof(ArgumentException), "outputColumnName"),
        ["SharedEncoder, other features"] = (() => s_ml.MetaLearning().SharedEncoder(s_fitted.Value["binary"]).Fit(Wide(s_binary)), typeof(ArgumentOutOfRangeException), "expected vector of 6 Single"),
        ["SharedEncoder, Fit null"] = (() => s_ml.MetaLearning().SharedEncoder(s_fitted.Value["binary"]).Fit(null!), typeof(ArgumentNullException), "input"),
        ["LoadChecked, null path"] = (() => s_ml.MetaLearning().LoadChecked((string)null!, out _), typeof(ArgumentNullException), "path"),
        ["LoadChecked, empty path"] = (() => s_ml.MetaLearning().LoadChecked("", out _), typeof(ArgumentException), "path"),
        ["LoadChecked, no file"] = (() => s_ml.MetaLearning().LoadChecked("/no/such/file", out _), typeof(DirectoryNotFoundException), "/no/such/file"),
        ["LoadChecked, null stream"] = (() => s_ml.MetaLearning().LoadChecked((Stream)null!, out _), typeof(ArgumentNullException), "stream"),
        ["LoadChecked, empty stream"] = (() => s_ml.MetaLearning().LoadChecked(Stream.Null, out _), typeof(InvalidDataException), ""),
        ["LoadChecked, closed stream"] = (() => s_ml.MetaLearning().LoadChecked(Closed(), out _), typeof(ArgumentException), "must be readable and seekable"),
        ["LoadChecked, negative limit"] = (() => s_ml.MetaLearning().LoadChecked(Stream.Null, out _, new() { MaximumUncompressedBytes = -1 }), typeof(ArgumentException), "CheckedLoadOptions.MaximumUncompressedBytes must be at least 0; got -1."),
        ["LoadChecked, negative entries"] = (() => s_ml.MetaLearning().LoadChecked(Stream.Null, out _, new() { MaximumEntries = -1 }), typeof(ArgumentException), "CheckedLoadOptions.MaximumEntries must be at least 0; got -1."),
        ["LoadChecked, null assembly"] = (() => s_ml.MetaLearning().LoadChecked(Stream.Null, out _, new() { TrustedLoaders = { ["X"] = null! } }), typeof(ArgumentException), "CheckedLoadOptions.TrustedLoaders[\"X\"] must be set; got null."),
        ["SaveAtomic, null model"] = (() => Save(null!, "model.zip"), typeof(ArgumentNullException), "model"),
        ["SaveAtomic, empty path"] = (() => Save(s_fitted.Value["binary"], ""), typeof(ArgumentException), "path"),
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void Call_WithArgumentsThatCannotBe_NamesThem(string name)
    {
        var (call, type, messagePart) = s_calls[name];
        Exception? error = Record.Exception(() => call());
        Assert.True(type.IsInstanceOfType(error), error?.ToString() ?? "was taken");
        Assert.Contains(messagePart, error!.Message);
    }

    // A value at the bound, and a value just outside it.
    private static readonly (string Message, Action<MetaLearnerOptions> Good, Action<MetaLearnerOptions> Bad)[] s_bounds =
    [
        ("MetaLearnerOptions.MaximumNumberOfIterations must be at least 0; got -1.", o => o.MaximumNumberOfIterations = 0, o => o.MaximumNumberOfIterations = -1),
        ("MetaLearnerOptions.LearningRate must be positive and finite; got 0.", o => o.LearningRate = double.Epsilon, o => o.LearningRate = 0),
        ("MetaLearnerOptions.LearningRate must be positive and finite; got NaN.", o => o.LearningRate = double.MaxValue, o => o.LearningRate = double.NaN),
        ("MetaLearnerOptions.MaximumGradientNorm must be positive and finite; got Infinity.", o => o.MaximumGradientNorm = 1, o => o.MaximumGradientNorm = double.PositiveInfinity),
        ("MetaLearnerOptions.ValidationFraction must be between 0 and 0.5; got 0.51.", o => o.ValidationFraction = 0.5, o => o.ValidationFraction = 0.51),
        ("MetaLearnerOptions.ValidationFraction must be between 0 and 0.5; got NaN.", o => o.ValidationFraction = 0, o => o.ValidationFraction = double.NaN),
        ("MetaLearnerOptions.NumberOfThreads must be at least 1; got 0.", o => o.NumberOfThreads = 1, o => o.NumberOfThreads = 0),
        ("MetaLearnerOptions.Episodes must be set; got null.", o => o.Episodes = new EpisodeOptions(), o => o.Episodes = null!),
        ("EpisodeOptions.Shots must be at least 1; got 0.", o => o.Episodes = new() { Shots = 1 }, o => o.Episodes = new() { Shots = 0 }),
        ("EpisodeOptions.TasksPerIteration must be at least 1; got 0.", o => o.Episodes = new() { TasksPerIteration = 1 }, o => o.Episodes = new() { TasksPerIteration = 0 }),
        ("MlpEncoderOptions.EmbeddingDimension must be between 1 and 65536; got 65537.", o => o.Encoder = new MlpEncoderOptions { EmbeddingDimension = 65_536 }, o => o.Encoder = new MlpEncoderOptions { EmbeddingDimension = 65_537 }),
        ("MlpEncoderOptions.HiddenUnits must be between 1 and 65536; got 0.", o => o.Encoder = new MlpEncoderOptions { HiddenUnits = [] }, o => o.Encoder = new MlpEncoderOptions { HiddenUnits = [0] }),
        ("MlpEncoderOptions.Dropout must be between 0 and 0.95; got 0.96.", o => o.Encoder = new MlpEncoderOptions { Dropout = 0.95 }, o => o.Encoder = new MlpEncoderOptions { Dropout = 0.96 }),
        ("RidgeAdapterOptions.InitialPenalty must be positive and finite; got -1.", o => o.Adapter = new RidgeAdapterOptions { InitialPenalty = 1e-9 }, o => o.Adapter = new RidgeAdapterOptions { InitialPenalty = -1 }),
        ("GradientAdapterOptions.InnerSteps must be at least 1; got 0.", o => o.Adapter = new GradientAdapterOptions { InnerSteps = 1 }, o => o.Adapter = new GradientAdapterOptions { InnerSteps = 0 }),
        ("EarlyStoppingOptions.Patience must be at least 1; got 0.", o => o.EarlyStopping = new() { Patience = 1 }, o => o.EarlyStopping = new() { Patience = 0 }),
    ];

    public static TheoryData<string> Bounds => new(s_bounds.Select(bound => bound.Message));

    [Theory]
    [MemberData(nameof(Bounds))]
    public void Options_AtTheBound_AreTakenAndBeyondItRefused(string message)
    {
        var (_, good, bad) = s_bounds.Single(bound => bound.Message == message);
        MetaLearnerOptions options = new();
        good(options);
        s_ml.Regression.Trainers.MetaLearner(options);
        bad(options);
        Assert.StartsWith(message, Assert.Throws<ArgumentException>(() => s_ml.Regression.Trainers.MetaLearner(options)).Message);
    }

    [Fact]
    public void Adapt_FeaturesThatOverflow_SaysWhichTask()
    {
        foreach (TrainerCase trainer in s_trainers)
        {
            List<TaskRow> rows = Some.Tasks(1, 20);
            rows.ForEach(row => row.Features = Array.ConvertAll(row.Features, x => x < 0 ? float.MinValue : float.MaxValue));
            string message = Assert.Throws<InvalidOperationException>(() => s_ml.MetaLearning().Adapt(s_fitted.Value[trainer.Name], trainer.Data(s_ml, rows))).Message;
            Assert.Contains("The head of task 'task0' must be finite", message);
        }
    }

    [Fact]
    public void ManyTasksOfOneRow_FitNamesSomeAndAdaptTakesThemInLinearMemory()
    {
        const int Count = 200_000; // a square of it is 160 GB of numbers
        float[] features = [1, 0, 1, 0, 1, 0];
        IDataView rows = s_ml.Data.LoadFromEnumerable(Enumerable.Range(0, Count).Select(i => new TaskRow { Task = $"t{i}", Features = features, Value = i % 7 }));
        string message = Assert.Throws<InvalidOperationException>(() => s_regression.Trainer(s_ml).Fit(rows)).Message;
        Assert.Contains($"got 0 of {Count}", message);
        Assert.InRange(message.Length, 0, 1000);
        var adapted = (MetaLearnerTransformer)s_ml.MetaLearning().Adapt(s_fitted.Value["regression"], rows);
        Assert.Equal(Count + 12, adapted.TaskNames.Count());
    }

    [Fact]
    public void ManyClasses_OfOneRowEach_NameTheLimit()
    {
        string message = Assert.Throws<InvalidOperationException>(() => s_multiclass.Trainer(s_ml, s_multiclass.Options(iterations: 2)).Fit(ManyClasses(row => $"half{row % 2}"))).Message;
        Assert.StartsWith("Tasks · rows · classes that are computed at once must be at most 268435456; got 2 · ", message);
        Assert.StartsWith("Tasks · rows · classes", Assert.Throws<InvalidOperationException>(() => s_ml.MetaLearning().Adapt(s_ownClasses.Value, ManyClasses(_ => "all"))).Message);
    }

    [Fact]
    public void ManyClasses_InManyTasks_AreLearnedInLinearMemory()
    {
        ITransformer adapted = s_ml.MetaLearning().Adapt(s_ownClasses.Value, ManyClasses(row => $"t{row / 5}"));
        Assert.Equal(ClassCount / 5 + 12, ((MetaLearnerTransformer)adapted).TaskNames.Count());
    }

    [Fact]
    public void PoolTooLargeForScoresOfItsOwn_IsLearnedFromAndSaysSo()
    {
        const int Classes = 20_000; // with two rows of each, three times the largest number of scores
        MLContext ml = TrainerCase.NewContext();
        var log = new List<string>();
        ml.Log += (_, entry) => log.Add(entry.Message);
        IDataView rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 2 * Classes).Select(i => new TaskRow { Task = "pool", Features = [i % Classes % 7, i % Classes % 11, i % Classes % 13, i % Classes % 17, 0, 1], Value = i % Classes }));
        IDataView keyed = ml.Transforms.Conversion.MapValueToKey("Key", "Value").Fit(rows).Transform(rows);
        MetaLearnerOptions options = s_multiclass.Options(iterations: 2) with { Adapter = new PrototypeAdapterOptions(), Episodes = new EpisodeOptions { Ways = 5, Shots = 1, Queries = 1 } };
        var fitted = (MetaLearnerTransformer)s_multiclass.Trainer(ml, options).Fit(keyed);
        Assert.Empty(fitted.TaskNames);
        Assert.Contains(log, message => message.Contains("Task 'pool' is used for training, but it has too many rows and classes (40000 rows)", StringComparison.Ordinal));
        ITransformer adapted = ml.MetaLearning().Adapt(fitted, ml.Data.FilterRowsByColumn(keyed, "Value", 0, 10));
        Assert.Equal(["pool"], ((MetaLearnerTransformer)adapted).TaskNames);
    }

    // A number for each pair of classes would be 160 GB.
    private const int ClassCount = 200_000;

    // One row of each class.
    private static IDataView ManyClasses(Func<int, string> task)
    {
        float[] features = [1, 0, 1, 0, 1, 0];
        IDataView rows = s_ml.Data.LoadFromEnumerable(Enumerable.Range(0, ClassCount).Select(i => new TaskRow { Task = task(i), Features = features, Value = i }));
        return s_ml.Transforms.Conversion.MapValueToKey("Key", "Value", maximumNumberOfKeys: 2 * ClassCount).Fit(rows).Transform(rows);
    }

    [Fact]
    public void PublicTypes_HoldNothingThatMustBeDisposed() =>
        Assert.All(
            new[] { typeof(MetaLearnerTransformer).Assembly, typeof(LabelKind).Assembly }.SelectMany(assembly => assembly.GetExportedTypes()).Where(type => type.IsAssignableTo(typeof(ITransformer)) || type.Namespace == "MetaML.Scoring"),
            type => Assert.False(type.IsAssignableTo(typeof(IDisposable)), type.FullName));

    [Fact]
    public void Chain_DisposedInUse_IsStillUsable()
    {
        var chain = (TransformerChain<MetaLearnerTransformer>)(object)s_binary.Pipeline(s_ml, s_binary.Options(iterations: 2)).Fit(s_binary.Data(s_ml, Some.Tasks()));
        ITransformer adapted = s_ml.MetaLearning().Adapt(chain, Data(s_binary));
        IDataView scored = chain.Transform(Data(s_binary));
        using DataViewRowCursor cursor = scored.GetRowCursor(scored.Schema);
        Assert.True(cursor.MoveNext());
        chain.Dispose(); // none of its parts has native memory
        Assert.True(cursor.MoveNext());
        Assert.Equal(TrainerConformance.Scores(s_binary, scored), TrainerConformance.Scores(s_binary, chain.Transform(Data(s_binary))));
        Assert.NotEmpty(TrainerConformance.Scores(s_binary, adapted.Transform(Data(s_binary))));
    }

    private static void KeepOneOfEach(List<TaskRow> rows)
    {
        TaskRow[] kept = [.. rows.GroupBy(row => row.Task).Select(task => task.First())];
        rows.Clear();
        rows.AddRange(kept);
    }

    // Classes are numbers. Each task has three different ones.
    private static IDataView OwnClasses() => s_ml.Data.LoadFromEnumerable(Some.Tasks().Select((row, i) => new TaskRow { Task = row.Task, Features = row.Features, Value = 3 * int.Parse(row.Task.AsSpan(4), CultureInfo.InvariantCulture) + i % 3 }));

    private static IDataView Data(TrainerCase trainer) => trainer.Data(s_ml, Some.Tasks(3));

    private static IDataView Wide(TrainerCase trainer) => s_ml.Transforms.Concatenate("Features", "Features", "Weight").Fit(Data(trainer)).Transform(Data(trainer));

    // Replaces one column with another.
    private static IDataView Other(string column, string by)
    {
        IDataView rows = s_ml.Data.LoadFromEnumerable(Some.Tasks(3));
        return s_ml.Transforms.CopyColumns(column, by).Fit(rows).Transform(rows);
    }

    private static MemoryStream Closed()
    {
        var stream = new MemoryStream();
        stream.Dispose();
        return stream;
    }

    private static object? Save(ITransformer model, string path)
    {
        s_ml.MetaLearning().SaveAtomic(model, null, path);
        return null;
    }
}
