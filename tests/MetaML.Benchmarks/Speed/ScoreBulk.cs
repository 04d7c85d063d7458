using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Speed;

/// <summary>Measures Transform on a million rows of a hundred tasks. All scores are read.</summary>
internal static class ScoreBulk
{
    private const int Rows = 1_000_000;
    private const int OnnxBatch = 16_384; // rows of one call of ONNX Runtime; with 256, 1,024 and 4,096 rows it is slower

    public static void Run()
    {
        var race = new Race("score-bulk", "rows/s");
        var ml = new MLContext(seed: 1);
        var models = new ScoredModels(ml);
        ITransformer metaLearner = models.MetaLearner(), sdca = models.Sdca(), lightGbm = models.LightGbm();
        BinaryRow[] rows = BinaryRow.Some(ScoredModels.Tasks, Rows);
        IDataView inMemory = ml.Data.LoadFromEnumerable(rows);

        Contender Of(string name, ITransformer model, IDataView data) => Contender.PerSecond(name, Rows, () => ReadScores(model.Transform(data)));
        using var torch = new TorchScorer();
        using var onnx = new OnnxScorer(ml, metaLearner, models.Training, Environment.ProcessorCount);
        using var onnxOfOne = new OnnxScorer(ml, ml.MetaLearning().SelectTask(metaLearner, rows[0].Task), models.Training, Environment.ProcessorCount);
        race.Run("rows in memory", Of("meta-learner", metaLearner, inMemory), Of("Sdca", sdca, inMemory), Of("LightGbm", lightGbm, inMemory), Onnx("ONNX Runtime", onnx, rows), Onnx("ONNX Runtime, one task", onnxOfOne, rows), Torch(torch, rows));

        var normalizer = ml.Transforms.NormalizeMeanVariance("Features").Fit(models.Training);
        race.Run("after a normaliser", Of("meta-learner", normalizer.Append(metaLearner), inMemory), Of("Sdca", normalizer.Append(sdca), inMemory), Of("LightGbm", normalizer.Append(lightGbm), inMemory));
        race.Print();
    }

    private static void ReadScores(IDataView scored)
    {
        DataViewSchema.Column score = scored.Schema["Score"];
        using DataViewRowCursor cursor = scored.GetRowCursor([score]);
        ValueGetter<float> getter = cursor.GetGetter<float>(score);
        float value = 0;
        double sum = 0;
        while (cursor.MoveNext())
        {
            getter(ref value);
            sum += value;
        }

        if (!double.IsFinite(sum))
            throw new InvalidOperationException("Scores must be finite.");
    }

    private static Contender Onnx(string name, OnnxScorer onnx, BinaryRow[] rows) => Contender.PerSecond(name, Rows, () =>
    {
        float[] scores = new float[OnnxBatch];
        for (int first = 0; first < Rows; first += OnnxBatch)
        {
            int count = Math.Min(OnnxBatch, Rows - first);
            onnx.Run(rows.AsSpan(first, count), scores.AsSpan(0, count));
        }
    });

    private static Contender Torch(TorchScorer torch, BinaryRow[] rows) => Contender.PerSecond("one libtorch forward", Rows, () =>
    {
        float[] features = new float[Rows * BinaryRow.FeatureCount];
        long[] tasks = new long[Rows];
        for (int i = 0; i < Rows; i++)
        {
            rows[i].Features.CopyTo(features, i * BinaryRow.FeatureCount);
            tasks[i] = i % ScoredModels.Tasks;
        }

        torch.Score(features, tasks);
    });
}
