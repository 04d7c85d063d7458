using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.TestKit;

/// <summary>The uses of one fitted model. Each use gives the same scores, alone and concurrently with others.</summary>
internal sealed class SharedUse
{
    private static readonly TrainerCase s_regression = new("regression", "Value");

    private readonly MLContext _ml = TrainerCase.NewContext();
    private readonly ITransformer _model;
    private readonly List<TaskRow> _support = Some.Tasks(2, 12, firstTask: 40), _rows = Some.Tasks(3, 20);
    private readonly (Func<float[]> Use, float[] Scores)[] _uses;

    public SharedUse()
    {
        MetaLearnerOptions options = s_regression.Options(new RidgeAdapterOptions(), iterations: 5);
        _model = s_regression.Pipeline(_ml, options).Fit(View(Some.Tasks()));
        _uses = Array.ConvertAll<Func<float[]>, (Func<float[]>, float[])>([Transform, Predict, Adapt, SaveAndLoad], use => (use, use()));
    }

    /// <summary>Number of uses.</summary>
    public int Count => _uses.Length;

    /// <summary>Runs one use of the model.</summary>
    /// <returns>Whether the scores are bitwise equal to those of the first run.</returns>
    public bool Agrees(int way) => _uses[way % Count].Use().AsSpan().SequenceEqual(_uses[way % Count].Scores);

    private IDataView View(IEnumerable<TaskRow> rows) => _ml.Data.LoadFromEnumerable(rows);

    private float[] Transform() => Scores(_model, _rows);

    private float[] Predict()
    {
        using var engine = _ml.Model.CreatePredictionEngine<TaskRow, Prediction>(_model);
        return [.. _rows.Select(row => engine.Predict(row).Score)];
    }

    private float[] Adapt() => Scores(_ml.MetaLearning().Adapt(_model, View(_support)), [.. _support, .. _rows]);

    private float[] SaveAndLoad()
    {
        byte[] file = SavedModels.Save(_ml, _model, null);
        return Scores(_ml.MetaLearning().LoadChecked(new MemoryStream(file), out _), _rows);
    }

    private float[] Scores(ITransformer model, IEnumerable<TaskRow> rows) => [.. model.Transform(View(rows)).GetColumn<float>("Score")];

    private sealed class Prediction
    {
        public float Score { get; set; }
    }
}
