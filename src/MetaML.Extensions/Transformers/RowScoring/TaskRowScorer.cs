using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using MetaML.Extensions.Interop;
using MetaML.Models;
using MetaML.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>Scores each row of a reader once, for all output columns. Belongs to one cursor.</summary>
internal sealed class TaskRowScorer : TaskRowOutput
{
    private const int MaximumCachedTasks = 1 << 16, MaximumCachedPriors = 1 << 10;

    private readonly MetaModel _model;
    private readonly TaskRowReader _rows;
    private readonly int _classCount;
    private readonly TaskMap _map;
    private readonly UnknownTaskHandling _unknown;
    private readonly Dictionary<string, AdaptedTask?> _cache = new(StringComparer.Ordinal); // the tasks of recent rows; a look-up here is faster than in the immutable dictionary

    private readonly Dictionary<string, (float[] Features, IReadOnlyList<string> Groups, AdaptedTask Prior)> _priors = new(StringComparer.Ordinal); // of unknown tasks with task features or groups

    private ImmutableDictionary<string, AdaptedTask> _tasks; // of the current rows
    private readonly Dictionary<AdaptedTask, List<int>> _termRows = []; // of each task whose head is not linear, the rows of the block
    private AdaptedTask? _quantileTask;
    private double _quantile;
    private string? _lastName;
    private AdaptedTask? _lastTask;
    private bool _needsDeviation; // costs O(embedding²) for each row, so that it is computed only if the column is read

    // For each row: its task (null if the row has no scores) and the index of its first score. For classes the scores are probabilities.
    private Row[] _results = new Row[1];
    private float[] _scores = new float[1];

    public TaskRowScorer(MetaModel model, TaskRowReader rows, int classCount, TaskMap map, UnknownTaskHandling unknown)
    {
        _model = model;
        _rows = rows;
        _classCount = classCount;
        _map = map;
        _tasks = map.Current;
        _unknown = unknown;
    }

    public override Delegate Getter(string column)
    {
        _needsDeviation |= column is ScoreColumns.Deviation or ScoreColumns.LowerBound or ScoreColumns.UpperBound;
        return (column, _model.Kind) switch
        {
            (DefaultColumnNames.Score, LabelKind.Multiclass) => (ValueGetter<VBuffer<float>>)GetProbabilities,
            (DefaultColumnNames.Score, _) => (ValueGetter<float>)GetScore,
            (ScoreColumns.Deviation, _) => (ValueGetter<float>)GetDeviation,
            (ScoreColumns.LowerBound, _) => (ValueGetter<float>)((ref float value) => value = Bound(-1)),
            (ScoreColumns.UpperBound, _) => (ValueGetter<float>)((ref float value) => value = Bound(1)),
            (ScoreColumns.PredictedSet, _) => (ValueGetter<VBuffer<bool>>)GetSet,
            (ScoreColumns.KnownTask, _) => (ValueGetter<bool>)GetIsKnown,
            (DefaultColumnNames.Probability, _) => (ValueGetter<float>)GetProbability,
            (_, LabelKind.Multiclass) => (ValueGetter<uint>)GetPredictedClass,
            _ => (ValueGetter<bool>)GetPredictedAnswer,
        };
    }

    public override void Compute()
    {
        if (_map.Current is var current && current != _tasks)
        {
            _tasks = current;
            _cache.Clear();
            _lastName = null;
        }

        if (_results.Length < _rows.Count)
            _results = new Row[Math.Max(_rows.Count, 2 * _results.Length)];
        int scoreCount = 0;
        for (int row = 0; row < _rows.Count; row++)
            _results[row] = Score(row, ref scoreCount);
        foreach (var (task, rows) in _termRows)
            AddTerm(task, rows);
        _termRows.Clear();
    }

    /// <summary>The probability of the positive class: 1 / (1 + e^−score), but never 0 or 1, for which ML.NET's log-loss is infinite if the label is the other one.</summary>
    /// <param name="score">The score.</param>
    internal static float ProbabilityOf(float score) => Math.Clamp(1 / (1 + MathF.Exp(-score)), float.Epsilon, MathF.BitDecrement(1));

    private void GetScore(ref float value) => value = Current() is { Task: not null } row ? _scores[row.Start] : float.NaN;

    private void GetDeviation(ref float value) => value = Current() is { Task: not null } row ? row.Deviation : float.NaN;

    private void GetProbability(ref float value) => value = Current() is { Task: not null } row ? ProbabilityOf(_scores[row.Start]) : float.NaN;

    private void GetPredictedAnswer(ref bool value) => value = Current() is { Task: not null } row && _scores[row.Start] > 0;

    // Never throws, so that a program can find the rows of unknown tasks.
    private void GetIsKnown(ref bool value) => value = _rows.Task(_rows.Current) is { } name && _tasks.ContainsKey(name);

    private void GetPredictedClass(ref uint value) => value = Current() is { Task: { } task } row
        ? (uint)task.Classes[TensorPrimitives.IndexOfMax<float>(_scores.AsSpan(row.Start, task.Classes.Count))] + 1
        : 0;

    private void GetProbabilities(ref VBuffer<float> value)
    {
        Row row = Current();
        bool isDense = row.Task is null || row.Task.Classes.Count == _classCount;
        int count = isDense ? _classCount : row.Task!.Classes.Count;
        var editor = VBufferEditor.Create(ref value, _classCount, count);
        if (row.Task is null)
            editor.Values.Fill(float.NaN);
        else
            _scores.AsSpan(row.Start, count).CopyTo(editor.Values);
        for (int k = 0; !isDense && k < count; k++)
            editor.Indices[k] = row.Task!.Classes[k];
        value = editor.Commit();
    }

    private float Bound(int sign)
    {
        Row row = Current();
        return row.Task is { } task ? _scores[row.Start] + sign * (float)Quantile(task) * (float.IsNaN(row.Deviation) ? 1 : row.Deviation) : float.NaN;
    }

    // A row without scores may have any class. A class that the task does not have is in no set.
    private void GetSet(ref VBuffer<bool> value)
    {
        Row row = Current();
        int count = _model.Kind == LabelKind.Binary ? 2 : _classCount;
        var editor = VBufferEditor.Create(ref value, count);
        editor.Values.Fill(row.Task is null);
        if (row.Task is { } task)
        {
            float positive = ProbabilityOf(_scores[row.Start]);
            ReadOnlySpan<float> probabilities = _model.Kind == LabelKind.Binary ? [1 - positive, positive] : _scores.AsSpan(row.Start, task.Classes.Count);
            double largest = Quantile(task);
            int best = TensorPrimitives.IndexOfMax(probabilities);
            for (int k = 0; k < probabilities.Length; k++)
                editor.Values[_model.Kind == LabelKind.Binary ? k : task.Classes[k]] = k == best || ConformalQuantiles.OfClass(probabilities[k]) <= largest;
        }

        value = editor.Commit();
    }

    private double Quantile(AdaptedTask task)
    {
        if (task != _quantileTask)
            (_quantileTask, _quantile) = (task, _model.Conformal!.Of(_model, task)); // consecutive rows often have the same task
        return _quantile;
    }

    private Row Current()
    {
        int index = _rows.Current;
        Row row = _results[index];
        return row.IsRefused ? throw Refusal(_rows.Task(index)) : row;
    }

    private Row Score(int row, ref int scoreCount)
    {
        string? name = _rows.Task(row);
        AdaptedTask? task = Find(name, row);
        if (task is null || !_rows.IsFinite(row))
            return new Row(null, 0, float.NaN, IsRefused: task is null && _unknown == UnknownTaskHandling.Throw);

        int start = scoreCount;
        scoreCount += task.Head.OutputCount;
        if (_scores.Length < scoreCount)
            Array.Resize(ref _scores, Math.Max(scoreCount, 2 * _scores.Length));
        ReadOnlySpan<float> embedding = _rows.Embed(row, task);
        task.ScoreLinear(embedding, _scores.AsSpan(start, task.Head.OutputCount));
        if (task.Head.Term is null)
            return Result(row, task, start, embedding, termVariance: 0);
        (CollectionsMarshal.GetValueRefOrAddDefault(_termRows, task, out _) ??= []).Add(row);
        return new Row(task, start, float.NaN, IsRefused: false);
    }

    // Adds the part of the head that is not linear, for all rows of the task in the block together.
    private void AddTerm(AdaptedTask task, List<int> rows)
    {
        int outputs = task.Head.OutputCount, dimension = _rows.Embed(rows[0], task).Length;
        float[] embeddings = new float[rows.Count * dimension], scores = new float[rows.Count * outputs], variances = new float[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            _rows.Embed(rows[i], task).CopyTo(embeddings.AsSpan(i * dimension));
            ScoresOf(rows[i]).CopyTo(scores.AsSpan(i * outputs));
        }

        task.Head.Term!.AddTo(embeddings, scores, variances);
        for (int i = 0; i < rows.Count; i++)
        {
            scores.AsSpan(i * outputs, outputs).CopyTo(ScoresOf(rows[i]));
            _results[rows[i]] = Result(rows[i], task, _results[rows[i]].Start, embeddings.AsSpan(i * dimension, dimension), variances[i]);
        }

        Span<float> ScoresOf(int row) => _scores.AsSpan(_results[row].Start, outputs);
    }

    // From the scores of the head.
    private Row Result(int row, AdaptedTask task, int start, ReadOnlySpan<float> embedding, float termVariance)
    {
        Span<float> scores = _scores.AsSpan(start, task.Head.OutputCount);
        if (task.Head.Counts is not null)
            scores[0] *= ExposureOf(row);
        if (_model.Kind == LabelKind.Multiclass)
            Softmax.Apply(scores, scores);
        return new Row(task, start, _needsDeviation ? task.Deviation(embedding, scores[0], termVariance) : float.NaN, IsRefused: false);
    }

    // An exposure that is not positive gives no prediction.
    private float ExposureOf(int row) => _rows.Exposure(row) is > 0 and < float.PositiveInfinity and var exposure ? exposure : float.NaN;

    private AdaptedTask? Find(string? name, int row)
    {
        if (name is not null && name == _lastName)
            return _lastTask ?? PriorOf(name, row); // consecutive rows often have the same task

        AdaptedTask? task = null;
        if (name is not null && !_cache.TryGetValue(name, out task))
        {
            if (_cache.Count == MaximumCachedTasks)
                _cache.Clear();
            _cache.Add(name, task = _tasks.GetValueOrDefault(name));
        }

        (_lastName, _lastTask) = (name, task);
        return task ?? PriorOf(name ?? "", row);
    }

    // The prior for the row's task features and groups, which need not be the same in all rows of an unknown task.
    private AdaptedTask? PriorOf(string name, int row)
    {
        if (_unknown != UnknownTaskHandling.MetaPrior)
            return null;
        ReadOnlySpan<float> features = _rows.TaskFeatures(row);
        IReadOnlyList<string> groups = _rows.Groups(row);
        if ((features.IsEmpty && groups.Count == 0) || !_rows.IsFinite(row))
            return _model.Prior;
        if (_priors.TryGetValue(name, out var known) && features.SequenceEqual(known.Features) && groups.SequenceEqual(known.Groups))
            return known.Prior;
        if (_priors.Count == MaximumCachedPriors)
            _priors.Clear();
        AdaptedTask prior = _model.PriorFor(features, groups);
        _priors[name] = (features.ToArray(), groups, prior);
        return prior;
    }

    private InvalidOperationException Refusal(string? name) =>
        new($"Column '{_rows.TaskColumn}' must name a task that the model knows; got {(name is null ? "none (a missing key or an empty text)" : $"'{name}'")}. Adapt the model to it with MetaLearning().Adapt, or choose another UnknownTaskHandling.");

    private readonly record struct Row(AdaptedTask? Task, int Start, float Deviation, bool IsRefused);
}
