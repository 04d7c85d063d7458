using System.Globalization;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Chains;

public sealed class KeyMappingTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Adapt_NumbersAsClassesAndTasks_GrowWithTheirTypes(bool asText)
    {
        // One mapping of three columns: the label, the task, and a column that does not change.
        InputOutputColumnPair[] pairs = [new("Label", "Class"), new("Task"), new("Other", "Class")];
        var pipeline = _ml.Transforms.Conversion.MapValueToKey(pairs, addKeyValueAnnotationsAsText: asText)
            .Append(_ml.MulticlassClassification.Trainers.MetaLearner(new MetaLearnerOptions { Adapter = new PrototypeAdapterOptions(), MaximumNumberOfIterations = 5 }));
        ITransformer model = pipeline.Fit(Rows(0, 12));
        IDataView scored = _ml.MetaLearning().Adapt(model, Rows(40, 1)).Transform(Rows(40, 1));

        KeyVocabulary labels = KeyVocabulary.Of(scored.Schema["Label"]);
        Assert.Equal(26, labels.Count);
        Assert.Equal(asText ? TextDataViewType.Instance : NumberDataViewType.Int32, labels.ItemType);
        Assert.All(scored.GetColumn<uint>("PredictedLabel"), key => Assert.StartsWith("40", labels.Names[(int)key - 1]));
        Assert.Equal(24, KeyVocabulary.Of(scored.Schema["Other"]).Count);
        Assert.Equal(13, KeyVocabulary.Of(scored.Schema["Task"]).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Adapt_OneTaskAfterAnother_KeysAreTheOldOnesThenTheNew_AlsoWhenSaved(bool isText)
    {
        string column = isText ? "Name" : "Task";
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Key", column).Append(_ml.Regression.Trainers.MetaLearner(Options("Key")));
        ITransformer first = pipeline.Fit(Rows(0, 5)), model = first;
        for (int task = 5; task < 30; task++)
        {
            ITransformer before = model;
            model = _ml.MetaLearning().Adapt(model, Rows(task, 1));
            Assert.Equal(task, KeyVocabulary.Of(before.GetOutputSchema(Rows(0, 1).Schema)["Key"]).Count); // it did not change
        }

        using var file = new MemoryStream(SavedModels.Save(_ml, model, Rows(0, 1).Schema));
        IDataView all = Rows(0, 31); // no model knows the last task
        foreach (ITransformer adapted in new[] { model, _ml.Model.Load(file, out _) })
        {
            IDataView scored = adapted.Transform(all);
            Assert.Equal(Enumerable.Range(0, 30).Select(task => task.ToString(CultureInfo.InvariantCulture)), KeyVocabulary.Of(scored.Schema["Key"]).Names);
            Assert.Equal(all.GetColumn<int>("Task").Select(task => task < 30 ? (uint)task + 1 : 0), scored.GetColumn<uint>("Key"));
            Assert.Equal(all.GetColumn<int>("Task").Select(task => task < 30), scored.GetColumn<bool>("IsKnownTask"));
            Assert.Equal(model.Transform(all).GetColumn<float>("Score"), scored.GetColumn<float>("Score"));
        }

        Assert.Equal(5, KeyVocabulary.Of(first.Transform(all).Schema["Key"]).Count);
    }

    [Theory]
    [InlineData("Name", false)]
    [InlineData("Name", true)]
    [InlineData("Task", true)]
    public void Adapt_OneMoreTask_AllocatesAsMuchWhateverIsKnown(string column, bool isKey)
    {
        var trainer = _ml.Regression.Trainers.MetaLearner(Options(isKey ? "Key" : column));
        ITransformer model = isKey ? _ml.Transforms.Conversion.MapValueToKey("Key", column).Append(trainer).Fit(Rows(0, 20)) : trainer.Fit(Rows(0, 20));
        long Allocated(int known)
        {
            ITransformer adapted = _ml.MetaLearning().Adapt(model, Rows(0, known));
            long least = long.MaxValue;
            for (int task = 50_000; task < 50_005; task++) // the first time, code is compiled
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                _ml.MetaLearning().Adapt(adapted, Rows(task, 1));
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            }

            return least;
        }

        Assert.InRange(Allocated(10_000), 0, Allocated(100) * 5 / 4);
    }

    [Fact]
    public void WriteRead_EveryKind_IsTheSame()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(new[] { new Kinds() });
        foreach (DataViewSchema.Column column in data.Schema)
        {
            IDataView keyed = _ml.Transforms.Conversion.MapValueToKey("Key", column.Name).Fit(data).Transform(data);
            KeyVocabulary vocabulary = KeyVocabulary.Of(keyed.Schema["Key"]);
            using var stream = new MemoryStream();
            vocabulary.Write(new BinaryWriter(stream));
            stream.Position = 0;
            KeyVocabulary read = KeyVocabulary.Read(new BinaryReader(stream));
            Assert.Equal(vocabulary.ItemType, read.ItemType);
            Assert.Equal(vocabulary.Names, read.Names);
            Assert.Single(read.Names);
            Assert.Same(read, read.Append(vocabulary));
        }
    }

    [Fact]
    public void Fit_KeyWithoutCardinality_IsRefusedBeforeTraining()
    {
        var schema = SchemaDefinition.Create(typeof(KeyRow));
        schema["Label"].ColumnType = new KeyDataViewType(typeof(uint), 2_000_000_000);
        IDataView data = _ml.Data.LoadFromEnumerable(new[] { new KeyRow() }, schema);
        string message = Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MulticlassClassification.Trainers.MetaLearner().Fit(data)).Message;
        Assert.Contains("label column 'Label': expected key of known cardinality", message);
    }

    private static MetaLearnerOptions Options(string task) => new()
    {
        LabelColumnName = "Value",
        TaskColumnName = task,
        Encoder = new IdentityEncoderOptions(),
        Adapter = new BayesianAdapterOptions(),
    };

    private IDataView Rows(int first, int tasks) => _ml.Data.LoadFromEnumerable(Numbers(first, tasks));

    // Task 40 has the classes 401 and 402.
    private static IEnumerable<NumberRow> Numbers(int first, int tasks)
    {
        for (int t = first; t < first + tasks; t++)
        {
            var random = new Random(t);
            for (int i = 0; i < 12; i++)
                yield return new NumberRow { Task = t, Name = t.ToString(CultureInfo.InvariantCulture), Class = 10 * t + 1 + i % 2, Value = i % 2, Features = [i % 2 + random.NextSingle(), random.NextSingle()] };
        }
    }

    private sealed class NumberRow
    {
        public int Task { get; set; }

        public string Name { get; set; } = "";

        public float Value { get; set; }

        public int Class { get; set; }

        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }

    private sealed class KeyRow
    {
        public string Task { get; set; } = "";

        public uint Label { get; set; } = 1;

        [VectorType(2)]
        public float[] Features { get; set; } = [1, 2];
    }

    private sealed class Kinds
    {
        public string Text { get; set; } = "a\nb";

        public bool Bool { get; set; } = true;

        public sbyte SByte { get; set; } = -3;

        public ushort UShort { get; set; } = 3;

        public int Int { get; set; } = -4;

        public long Long { get; set; } = 1L << 40;

        public float Single { get; set; } = 0.5f;

        public double Double { get; set; } = 0.25;

        public DateTime Time { get; set; } = new(2020, 1, 2);

        public TimeSpan Span { get; set; } = TimeSpan.FromHours(3);
    }
}
