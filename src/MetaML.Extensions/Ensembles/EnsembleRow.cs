using System.Numerics.Tensors;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Ensembles;

/// <summary>The predictions of an ensemble for the current row of a cursor. Each row is predicted once for all getters.</summary>
internal sealed class EnsembleRow : IDisposable
{
    // The log-odds of a probability of 0 or 1 are those of the nearest number that this rounds to, so that scores are finite.
    private const double SmallestProbability = 1e-7;

    private readonly EnsembleColumns _columns;
    private readonly DataViewRow _input;
    private readonly DataViewRow[] _rows; // [model]
    private readonly Action<double>[] _adders; // [model]: adds its prediction with a weight
    private readonly Func<string?> _taskOf;
    private readonly double[] _means; // [1], or [classes]
    private double _secondMoment; // of the label, by the models' means and deviations
    private long _position = long.MinValue;

    /// <param name="columns">The columns.</param>
    /// <param name="input">The row or cursor.</param>
    /// <param name="active">The names of the output columns that are read.</param>
    public EnsembleRow(EnsembleColumns columns, DataViewRow input, IReadOnlySet<string> active)
    {
        _columns = columns;
        _input = input;
        _means = new double[columns.Classes?.Count ?? 1];
        _taskOf = active.Count > 0 && columns.Weights.TaskColumn is { } task ? TaskNames.Getter(input, task) : () => null;
        _rows = [.. columns.Models.Select(model => model.Mapper.GetRow(input, model.Needed(active)))];
        _adders = active.Any(name => name != ScoreColumns.KnownTask)
            ? [.. columns.Models.Select((model, i) => Adder(model, i, active.Contains(ScoreColumns.Deviation)))]
            : [];
    }

    public void Dispose() => Array.ForEach(_rows, row => row.Dispose());

    /// <summary>The getter of an output column that is read.</summary>
    public Delegate Getter(string column) => column switch
    {
        ScoreColumns.KnownTask => KnownTask(),
        ScoreColumns.Deviation => Of<float>(() => (float)Math.Sqrt(Math.Max(0, _secondMoment - _means[0] * _means[0]))),
        DefaultColumnNames.Probability => Of<float>(() => (float)_means[0]),
        DefaultColumnNames.PredictedLabel when _columns.Kind == LabelKind.Binary => Of<bool>(() => _means[0] > 0.5),
        DefaultColumnNames.PredictedLabel => Of<uint>(() => double.IsNaN(_means[0]) ? 0 : 1 + (uint)TensorPrimitives.IndexOfMax<double>(_means)), // 0 is a missing key
        _ => _columns.Kind switch
        {
            LabelKind.Regression => Of<float>(() => (float)_means[0]),
            LabelKind.Binary => Of<float>(() => (float)LogOdds(_means[0])),
            _ => Scores(),
        },
    };

    private static double LogOdds(double probability)
    {
        double p = Math.Clamp(probability, SmallestProbability, 1 - SmallestProbability);
        return Math.Log(p / (1 - p));
    }

    private ValueGetter<T> Of<T>(Func<T> value) => (ref T destination) =>
    {
        Update();
        destination = value();
    };

    private ValueGetter<VBuffer<float>> Scores() => (ref VBuffer<float> destination) =>
    {
        Update();
        var editor = VBufferEditor.Create(ref destination, _means.Length);
        for (int i = 0; i < _means.Length; i++)
            editor.Values[i] = (float)_means[i];
        destination = editor.Commit();
    };

    private ValueGetter<bool> KnownTask()
    {
        ValueGetter<bool>[] getters = [.. _columns.Models.Zip(_rows).Where(pair => pair.First.KnownTask is not null).Select(pair => pair.Second.GetGetter<bool>(pair.First.KnownTask!.Value))];
        return (ref bool destination) =>
        {
            destination = true;
            bool known = false;
            foreach (ValueGetter<bool> getter in getters)
            {
                getter(ref known);
                destination &= known;
            }
        };
    }

    private void Update()
    {
        if (_input.Position == _position)
            return;
        Array.Clear(_means);
        _secondMoment = 0;
        IReadOnlyList<double> weights = _columns.Weights.Of(_taskOf());
        for (int i = 0; i < _adders.Length; i++)
        {
            if (weights[i] > 0)
                _adders[i](weights[i]);
        }

        _position = _input.Position;
    }

    private Action<double> Adder(ModelColumns model, int number, bool addsDeviation)
    {
        DataViewRow row = _rows[number];
        if (_columns.Kind == LabelKind.Multiclass)
        {
            ValueGetter<VBuffer<float>> getScores = model.Prediction<VBuffer<float>>(row);
            int[] classOfSlot = _columns.SlotMaps[number];
            VBuffer<float> scores = default;
            return weight =>
            {
                getScores(ref scores);
                foreach (var (slot, score) in scores.Items())
                    _means[classOfSlot[slot]] += weight * score;
            };
        }

        ValueGetter<float> getScore = model.Prediction<float>(row);
        ValueGetter<float>? getDeviation = addsDeviation ? row.GetGetter<float>(model.Deviation!.Value) : null;
        float score = 0, deviation = 0;
        return weight =>
        {
            getScore(ref score);
            getDeviation?.Invoke(ref deviation);
            _means[0] += weight * score;
            _secondMoment += weight * ((double)score * score + (double)deviation * deviation);
        };
    }
}
