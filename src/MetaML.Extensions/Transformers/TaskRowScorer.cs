using MetaML.Extensions.Interop;
using MetaML.Scoring;
using MetaML.Tasks;
using Microsoft.ML;
using Microsoft.ML.Data;
using System.Collections.Immutable;
using System.Numerics.Tensors;

namespace MetaML.Extensions;

/// <summary>Scores the row that a cursor stands at, once, whichever of its output columns are asked for. For one cursor.</summary>
internal sealed class TaskRowScorer
{
    private readonly MetaModel _model;
    private readonly TaskRowReader _row;
    private readonly int _classCount;
    private readonly ImmutableDictionary<string, AdaptedTask> _tasks;
    private readonly UnknownTaskHandling _unknown;

    private long _position = -1;
    private string? _name;
    private AdaptedTask? _named;

    // The current row's: null where it cannot be scored; for classes, probabilities.
    private AdaptedTask? _task;
    private float[] _scores = new float[1];
    private float _deviation;
    private bool _wantsDeviation; // a sum over embedding² numbers for each row, which the score does without

    public TaskRowScorer(MetaModel model, TaskRowReader row, int classCount, ImmutableDictionary<string, AdaptedTask> tasks, UnknownTaskHandling unknown)
    {
        _model = model;
        _row = row;
        _classCount = classCount;
        _tasks = tasks;
        _unknown = unknown;
    }

    /// <summary>The getter of an output column.</summary>
    public Delegate Getter(string column)
    {
        _wantsDeviation |= column == ScoreColumns.Deviation;
        return (column, _model.Kind) switch
        {
            (DefaultColumnNames.Score, LabelKind.Multiclass) => (ValueGetter<VBuffer<float>>)GetProbabilities,
            (DefaultColumnNames.Score, _) => (ValueGetter<float>)GetScore,
            (ScoreColumns.Deviation, _) => (ValueGetter<float>)GetDeviation,
            (ScoreColumns.KnownTask, _) => (ValueGetter<bool>)GetIsKnown,
            (DefaultColumnNames.Probability, _) => (ValueGetter<float>)GetProbability,
            (_, LabelKind.Multiclass) => (ValueGetter<uint>)GetClass,
            _ => (ValueGetter<bool>)GetAnswer,
        };
    }

    private void GetScore(ref float value)
    {
        Update();
        value = _task is null ? float.NaN : _scores[0];
    }

    private void GetDeviation(ref float value)
    {
        Update();
        value = _task is null ? float.NaN : _deviation;
    }

    private void GetProbability(ref float value)
    {
        Update();
        value = _task is null ? float.NaN : 1 / (1 + MathF.Exp(-_scores[0]));
    }

    private void GetAnswer(ref bool value)
    {
        Update();
        value = _task is not null && _scores[0] > 0;
    }

    // Without scoring the row, so that rows of unknown tasks can be told before they are refused.
    private void GetIsKnown(ref bool value) => value = _row.Task is { } name && _tasks.ContainsKey(name);

    private void GetClass(ref uint value)
    {
        Update();
        value = _task is null ? 0 : (uint)_task.Classes[TensorPrimitives.IndexOfMax<float>(_scores.AsSpan(0, _task.Classes.Count))] + 1;
    }

    private void GetProbabilities(ref VBuffer<float> value)
    {
        Update();
        bool isDense = _task is null || _task.Classes.Count == _classCount;
        int count = isDense ? _classCount : _task!.Classes.Count;
        var editor = VBufferEditor.Create(ref value, _classCount, count);
        if (_task is null)
            editor.Values.Fill(float.NaN);
        else
            _scores.AsSpan(0, count).CopyTo(editor.Values);
        for (int k = 0; !isDense && k < count; k++)
            editor.Indices[k] = _task!.Classes[k];
        value = editor.Commit();
    }

    private void Update()
    {
        if (_position == _row.Position)
            return;
        _position = _row.Position;
        _task = Find(_row.Task);
        if (_task is null)
            return;

        if (!_row.IsFinite)
        {
            _task = null;
            return;
        }

        ReadOnlySpan<float> scores = _row.Score(_task);
        if (_wantsDeviation)
            _deviation = _row.Deviation(_task);
        if (_scores.Length < scores.Length)
            _scores = new float[scores.Length];
        if (_model.Kind == LabelKind.Multiclass)
            Softmax.Apply(scores, _scores.AsSpan(0, scores.Length));
        else
            _scores[0] = scores[0];
    }

    private AdaptedTask? Find(string? name)
    {
        if (name is not null && name == _name)
            return _named; // rows of a task often follow each other

        AdaptedTask? task = name is null ? null : _tasks.GetValueOrDefault(name);
        task ??= _unknown switch
        {
            UnknownTaskHandling.MetaPrior => _model.Prior,
            UnknownTaskHandling.Throw => throw new InvalidOperationException($"Column '{_row.TaskColumn}' must name a task that the model knows; got {(name is null ? "a missing key" : $"'{name}'")}. Adapt the model to it with MetaLearning().Adapt, or choose another UnknownTaskHandling."),
            _ => null,
        };
        (_name, _named) = (name, task);
        return task;
    }
}
