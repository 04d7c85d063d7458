using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Transformers;

public sealed class ReadAheadTests
{
    private static readonly TrainerCase s_binary = new("binary", "Answer");
    private static readonly MLContext s_ml = TrainerCase.NewContext();
    private static readonly MetaLearnerTransformer s_model = s_binary.Trainer(s_ml, s_binary.Options(iterations: 20)).Fit(s_ml.Data.LoadFromEnumerable(Some.Tasks()));

    private readonly List<TaskRow> _rows = [.. Some.Tasks(12, 120).OrderBy(row => row.Value)]; // the tasks alternate, and there are more rows than in a block

    private IDataView Rows => s_ml.Data.LoadFromEnumerable(_rows);

    [Fact]
    public void GetRowCursor_AllColumns_AreThoseOfTheRowWithTheBitsOfARowAlone()
    {
        _rows[3].Features[1] = float.NaN;
        Scored[] scored = Read(s_model.Transform(Rows));
        using PredictionEngine<TaskRow, Scored> alone = s_ml.Model.CreatePredictionEngine<TaskRow, Scored>(s_model);
        Assert.Equal(_rows.Count, scored.Length);
        for (int i = 0; i < scored.Length; i++)
        {
            Assert.Equal((_rows[i].Task, _rows[i].Value, _rows[i].Answer), (scored[i].Task, scored[i].Value, scored[i].Answer));
            Assert.Equal(_rows[i].Features, scored[i].Features);
            Scored one = alone.Predict(_rows[i]);
            Assert.Equal((one.Score, one.Probability, one.PredictedLabel), (scored[i].Score, scored[i].Probability, scored[i].PredictedLabel));
        }

        Assert.True(float.IsNaN(scored[3].Score));
    }

    [Fact]
    public void GetRowCursor_OtherInputs_SameScores()
    {
        float[] expected = Scores(s_model.Transform(Rows));
        Assert.Equal(expected, Scores(s_model.Transform(s_ml.Data.Cache(Rows)))); // several cursors read cached data at once
        IDataView mapped = s_ml.Transforms.CopyColumns("Copy", "Value").Fit(Rows).Transform(Rows);
        Assert.Equal(expected, Scores(s_model.Transform(mapped)));
        IDataView below = s_ml.Transforms.CopyColumns("Copy", "Score").Fit(s_model.Transform(Rows)).Transform(s_model.Transform(Rows));
        Assert.Equal(expected, below.GetColumn<float>("Copy"));
        Assert.Equal(expected, Scores(s_model.Transform(s_ml.Transforms.Conversion.MapValueToKey("Task").Fit(Rows).Transform(Rows))));
    }

    [Fact]
    public void GetRowCursor_Shuffled_EachRowKeepsItsScore()
    {
        float[] expected = Scores(s_model.Transform(Rows));
        Scored[] shuffled = Read(s_model.Transform(s_ml.Data.ShuffleRows(Rows, seed: 3)));
        Assert.NotEqual(_rows.Select(row => row.Value), shuffled.Select(row => row.Value));
        var scoreOf = _rows.Zip(expected).ToLookup(pair => (pair.First.Task, pair.First.Value), pair => pair.Second);
        Assert.All(shuffled, row => Assert.Contains(row.Score, scoreOf[(row.Task, row.Value)]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100)]
    public void GetRowCursor_ConsumerStopsEarly_LittleMoreIsRead(int taken)
    {
        int read = 0;
        IEnumerable<TaskRow> Counted()
        {
            foreach (TaskRow row in _rows)
            {
                read++;
                yield return row;
            }
        }

        IDataView scored = s_model.Transform(s_ml.Data.LoadFromEnumerable(Counted()));
        DataViewSchema.Column score = scored.Schema["Score"];
        using (DataViewRowCursor cursor = scored.GetRowCursor([score]))
        {
            for (int i = 0; i < taken; i++)
                Assert.True(cursor.MoveNext());
            Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<float>(scored.Schema["Value"]));
        }

        Assert.InRange(read, taken, taken == 0 ? 0 : 40 + 6 * taken);
    }

    [Fact]
    public void GetRowCursor_UnknownTask_ThrowsAtItsRow()
    {
        MetaLearnerTransformer strict = s_binary.Trainer(s_ml, s_binary.Options(iterations: 1) with { UnknownTasks = UnknownTaskHandling.Throw }).Fit(s_ml.Data.LoadFromEnumerable(Some.Tasks()));
        _rows[30].Task = "nobody";
        IDataView scored = strict.Transform(Rows);
        DataViewSchema.Column score = scored.Schema["Score"];
        using DataViewRowCursor cursor = scored.GetRowCursor([score]);
        ValueGetter<float> getter = cursor.GetGetter<float>(score);
        float value = 0;
        for (int i = 0; i < 30; i++)
        {
            Assert.True(cursor.MoveNext());
            getter(ref value);
        }

        Assert.True(cursor.MoveNext());
        Assert.Contains("nobody", Assert.Throws<InvalidOperationException>(() => getter(ref value)).Message, StringComparison.Ordinal);
        Assert.True(cursor.MoveNext());
        getter(ref value);
        Assert.True(float.IsFinite(value));
    }

    [Fact]
    public void GetRowCursor_InputFails_ThrowsWhereItFails()
    {
        IDataView scored = s_model.Transform(s_ml.Data.LoadFromEnumerable(_rows.Select((row, i) => i < 25 ? row : throw new FormatException("broken"))));
        using DataViewRowCursor cursor = scored.GetRowCursor([scored.Schema["Score"]]);
        for (int i = 0; i < 25; i++)
            Assert.True(cursor.MoveNext());
        Assert.Throws<FormatException>(() => cursor.MoveNext());
    }

    [Fact]
    public void GetRowCursor_SharedEncoder_HasTheBitsOfARowAlone()
    {
        SharedEncoderTransformer encoder = s_ml.MetaLearning().SharedEncoder(s_model).Fit(Rows);
        _rows[70].Features[1] = float.NaN;
        Embedded[] embedded = [.. s_ml.Data.CreateEnumerable<Embedded>(encoder.Transform(Rows), reuseRowObject: false)];
        Assert.Equal(_rows.Count, embedded.Length);
        using PredictionEngine<TaskRow, Embedded> alone = s_ml.Model.CreatePredictionEngine<TaskRow, Embedded>(encoder);
        for (int i = 0; i < embedded.Length; i++)
        {
            Assert.Equal((_rows[i].Task, _rows[i].Value), (embedded[i].Task, embedded[i].Value));
            Assert.Equal(alone.Predict(_rows[i]).Embedding.Select(BitConverter.SingleToInt32Bits), embedded[i].Embedding.Select(BitConverter.SingleToInt32Bits));
            Assert.Equal(i == 70, embedded[i].Embedding.All(float.IsNaN));
        }
    }

    [Fact]
    public void GetRowCursor_SparseRowWithoutValues_IsARowOfZeros()
    {
        SharedEncoderTransformer encoder = s_ml.MetaLearning().SharedEncoder(s_model).Fit(Rows);
        IDataView Sparse(VBuffer<float> features) => s_ml.Data.LoadFromEnumerable([new SparseRow { Task = _rows[0].Task, Features = features }], SparseRow.Schema);
        IDataView empty = Sparse(new VBuffer<float>(TaskRow.FeatureCount, 0, [], [])), zeros = Sparse(new VBuffer<float>(TaskRow.FeatureCount, new float[TaskRow.FeatureCount]));
        Assert.All(encoder.Transform(empty).GetColumn<float[]>("Embedding").Single(), value => Assert.True(float.IsFinite(value)));
        Assert.Equal(encoder.Transform(zeros).GetColumn<float[]>("Embedding").Single(), encoder.Transform(empty).GetColumn<float[]>("Embedding").Single());
        Assert.Equal(Scores(s_model.Transform(zeros)), Scores(s_model.Transform(empty)));
    }

    [Fact]
    public void GetRowCursor_SharedEncoder_ReadsAheadInBlocks()
    {
        int read = 0;
        SharedEncoderTransformer encoder = s_ml.MetaLearning().SharedEncoder(s_model).Fit(Rows);
        IDataView embedded = encoder.Transform(s_ml.Data.LoadFromEnumerable(_rows.Select(row =>
        {
            read++;
            return row;
        })));
        using DataViewRowCursor cursor = embedded.GetRowCursor([embedded.Schema["Embedding"]]);
        Assert.True(cursor.MoveNext());
        Assert.InRange(read, 2, 46);
        int afterFirst = read;
        Assert.True(cursor.MoveNext());
        Assert.Equal(afterFirst, read); // the second row was in the first block
    }

    [Fact]
    public void Predict_OneRow_AllocatesNothing()
    {
        using PredictionEngine<TaskRow, Scored> engine = s_ml.Model.CreatePredictionEngine<TaskRow, Scored>(s_model);
        var output = new Scored { Features = new float[TaskRow.FeatureCount] };
        long before = 0;
        for (int i = 0; i < 200; i++)
        {
            if (i == 100)
                before = GC.GetAllocatedBytesForCurrentThread();
            engine.Predict(_rows[i % 50], ref output);
        }

        long own = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(own, 0, 100 * 128); // ML.NET allocates the text of the output's Task
    }

    private static float[] Scores(IDataView scored) => [.. scored.GetColumn<float>("Score")];

    private static Scored[] Read(IDataView scored) => [.. s_ml.Data.CreateEnumerable<Scored>(scored, reuseRowObject: false)];

    private sealed class SparseRow
    {
        public static readonly SchemaDefinition Schema = SchemaDefinition.Create(typeof(SparseRow));

        static SparseRow() => Schema[nameof(Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, TaskRow.FeatureCount);

        public string Task { get; set; } = "";

        public VBuffer<float> Features { get; set; }
    }

    private sealed class Embedded
    {
        public string Task { get; set; } = "";

        public float Value { get; set; }

        [VectorType(6)]
        public float[] Embedding { get; set; } = [];
    }

    private sealed class Scored
    {
        public string Task { get; set; } = "";

        [VectorType(TaskRow.FeatureCount)]
        public float[] Features { get; set; } = [];

        public float Value { get; set; }

        public bool Answer { get; set; }

        public float Score { get; set; }

        public float Probability { get; set; }

        public bool PredictedLabel { get; set; }
    }
}
