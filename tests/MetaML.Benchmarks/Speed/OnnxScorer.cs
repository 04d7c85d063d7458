using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace MetaML.Benchmarks.Speed;

/// <summary>Scores rows with ONNX Runtime, on the graph that ML.NET's ConvertToOnnx writes of a model.</summary>
internal sealed class OnnxScorer : IDisposable
{
    private const string Score = "Score.output";

    private readonly SessionOptions _options;
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly bool _readsTasks;

    /// <param name="ml">The context.</param>
    /// <param name="model">The model of all tasks, or of one task, which does not read the Task column.</param>
    /// <param name="rows">Rows with the columns of the model.</param>
    /// <param name="threads">Number of threads of an operator.</param>
    public OnnxScorer(MLContext ml, ITransformer model, IDataView rows, int threads)
    {
        using var stream = new MemoryStream();
        _readsTasks = model is MetaLearnerTransformer { TaskColumnName: not null };
        string[] columns = _readsTasks ? ["Task", "Features"] : ["Features"];
        IDataView inputs = ml.Transforms.SelectColumns(columns).Fit(rows).Transform(rows); // each column becomes an input of the graph
        ml.Model.ConvertToOnnx(model, inputs, stream);
        _options = new SessionOptions { IntraOpNumThreads = threads };
        _session = new InferenceSession(stream.ToArray(), _options);

        BinaryRow[] some = [.. ml.Data.CreateEnumerable<BinaryRow>(rows, reuseRowObject: false).Take(100)];
        float[] expected = [.. model.Transform(rows).GetColumn<float>("Score").Take(some.Length)], actual = new float[some.Length];
        Run(some, actual);
        if (expected.Zip(actual).Any(pair => Math.Abs(pair.First - pair.Second) > 1e-4))
            throw new InvalidOperationException("ONNX Runtime must give the scores of ML.NET.");
    }

    /// <summary>Scores rows in one call.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="scores">Receives a score for each row.</param>
    public void Run(ReadOnlySpan<BinaryRow> rows, Span<float> scores)
    {
        float[] values = new float[rows.Length * BinaryRow.FeatureCount];
        for (int i = 0; i < rows.Length; i++)
            rows[i].Features.CopyTo(values, i * BinaryRow.FeatureCount);
        using OrtValue features = OrtValue.CreateTensorValueFromMemory(values, [rows.Length, BinaryRow.FeatureCount]);
        using OrtValue? tasks = _readsTasks ? OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, [rows.Length, 1]) : null;
        for (int i = 0; i < rows.Length && tasks is not null; i++)
            tasks.StringTensorSetElementAt(rows[i].Task, i);
        using IDisposableReadOnlyCollection<OrtValue> outputs = tasks is null
            ? _session.Run(_run, ["Features"], [features], [Score])
            : _session.Run(_run, ["Task", "Features"], [tasks, features], [Score]);
        outputs[0].GetTensorDataAsSpan<float>().CopyTo(scores);
    }

    public void Dispose()
    {
        _run.Dispose();
        _session.Dispose();
        _options.Dispose();
    }
}
