using MetaML.Extensions.Interop;
using MetaML.Graphs;
using MetaML.Heads;
using MetaML.Models;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.Export;

/// <summary>The output columns of a meta-learner in a graph of operators. It computes what <see cref="RowScoring.TaskRowScorer"/> computes.</summary>
/// <remarks>Each row gathers the head of its task from a table of all heads. The last head is that of unknown tasks: the prior, or a head of zeros. If unknown tasks are refused, there is no such head, so that the runtime refuses the index.</remarks>
internal sealed class TaskScoreGraph
{
    private const float Absent = -1e30f; // the score of an output that the task does not have: its probability is 0

    private readonly MetaModel _model;
    private readonly TaskRowGraph _rows;
    private readonly int _classCount;
    private readonly List<AdaptedTask?> _tasks; // of each index; null for rows without scores
    private readonly int _outputCount; // the largest number of outputs of a task
    private readonly GraphTensor _index, _isKnown, _isScored, _embedding, _scores;
    private readonly GraphTensor? _probabilities; // [rows, outputs]; null unless multiclass

    /// <param name="model">The model.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="classCount">Number of classes of all tasks together; 0 unless multiclass.</param>
    /// <param name="tasks">The tasks by name.</param>
    /// <param name="unknown">The treatment of unknown tasks.</param>
    /// <exception cref="InvalidOperationException">No row can have a score.</exception>
    /// <exception cref="NotSupportedException">One graph cannot hold the encoders of all tasks, or the priors of groups.</exception>
    public TaskScoreGraph(MetaModel model, TaskRowGraph rows, int classCount, IReadOnlyDictionary<string, AdaptedTask> tasks, UnknownTaskHandling unknown)
    {
        (_model, _rows, _classCount) = (model, rows, classCount);
        string[] names = [.. tasks.Keys.Order(StringComparer.Ordinal)];
        _tasks = [.. names.Select(name => tasks[name])];
        if (unknown != UnknownTaskHandling.Throw && (rows.HasTasks || names.Length == 0))
            _tasks.Add(unknown == UnknownTaskHandling.MetaPrior ? model.Prior : null);
        if (_tasks.Count == 0)
            throw new InvalidOperationException("A model that is exported must know a task, or score unknown tasks; got a model without tasks that refuses all rows. Adapt it first.");
        if (_tasks.Any(task => task?.Head.Term is not null))
            throw new NotSupportedException($"A model that is exported must have linear heads; got one with {model.AdapterOptions.GetType().Name}, whose predictions read the rows of the task. Save it as a file of ML.NET.");
        if (model.Groups is not null && unknown == UnknownTaskHandling.MetaPrior && rows.HasTasks)
            throw new NotSupportedException("A model that is exported must not score unknown tasks by their groups; got one with groups and UnknownTaskHandling.MetaPrior. One graph holds no priors of groups. Train with another UnknownTasks, or export the model of one task (SelectTask).");
        _outputCount = _tasks.Max(task => task?.Head.OutputCount ?? 1);

        _index = rows.IndexOfTask(names, names.Length);
        _isKnown = _index.Reshape(-1, 1).Apply("Less", _index.Graph.List(names.Length));
        _isScored = unknown == UnknownTaskHandling.Missing ? rows.IsFinite.Apply("And", _isKnown) : rows.IsFinite;
        _embedding = rows.Embed([.. _tasks.Select(task => task?.EncoderParameters)], _index).Reshape(-1, 1, model.EmbeddingDimension);
        _scores = Scores();
        if (model.Kind == LabelKind.Multiclass)
            _probabilities = _scores.Graph.Apply("Softmax", [_scores], ("axis", 1L));
    }

    /// <summary>The tensor of an output column.</summary>
    /// <param name="column">The column's name, without the name of an output in front.</param>
    public GraphTensor Output(string column) => (column, _model.Kind) switch
    {
        (DefaultColumnNames.Score, LabelKind.Multiclass) => TaskRowGraph.ValueWhere(_isScored, ProbabilitiesOfClasses(_probabilities!.Value)),
        (DefaultColumnNames.Score, _) => TaskRowGraph.ValueWhere(_isScored, _scores),
        (ScoreColumns.Deviation, _) => TaskRowGraph.ValueWhere(_isScored, Deviations()),
        (ScoreColumns.LowerBound, _) => TaskRowGraph.ValueWhere(_isScored, _scores - Margins()),
        (ScoreColumns.UpperBound, _) => TaskRowGraph.ValueWhere(_isScored, _scores + Margins()),
        (ScoreColumns.PredictedSet, _) => PredictedSets(_probabilities ?? _scores.Graph.Join(_scores.Apply("Neg").Apply("Sigmoid"), _scores.Apply("Sigmoid"))).Apply("Or", _isScored.Apply("Not")),
        (ScoreColumns.KnownTask, _) => _isKnown,
        (DefaultColumnNames.Probability, _) => TaskRowGraph.ValueWhere(_isScored, ProbabilityOf(_scores)),
        (_, LabelKind.Multiclass) => PredictedClasses(_probabilities!.Value),
        _ => _scores.Apply("Greater", Constant(0)).Apply("And", _isScored),
    };

    // Never 0 or 1, as TaskRowScorer.ProbabilityOf. Runtimes may take subnormal numbers for 0, so that the smallest value is a normal one.
    private GraphTensor ProbabilityOf(GraphTensor scores) => scores.Apply("Sigmoid").Apply("Max", Constant(float.Epsilon * (1 << 23))).Apply("Min", Constant(MathF.BitDecrement(1)));

    // [rows, outputs]
    private GraphTensor Scores()
    {
        int width = _model.EmbeddingDimension;
        GraphTensor weights = Table(task => [.. Enumerable.Range(0, width * _outputCount).Select(i => i % _outputCount is var k && k < task?.Head.OutputCount ? task.Head.Weights[k * width + i / _outputCount] : 0)])
            .Shaped(width, _outputCount);
        GraphTensor bias = Table(task => [.. Enumerable.Range(0, _outputCount).Select(k => task is null ? 0 : k < task.Head.OutputCount ? task.Head.Bias[k] : Absent)]).Shaped(1, _outputCount);
        if (_model.CovariateScaling is not null && _tasks[^1] == _model.Prior && _rows.TaskFeatures is { } covariates)
        {
            var (byWeights, byBias) = EffectsOfCovariates(covariates);
            (weights, bias) = (weights + byWeights, bias + byBias);
        }

        GraphTensor scores = (_embedding.MatMul(weights) + bias).Reshape(-1, _outputCount);
        if (_model.Counts is not null)
            return Counts(scores);
        return _model.Kind != LabelKind.Regression && _tasks.Any(task => task?.Head.PredictiveVariance is not null) ? scores / Deviations() : scores;
    }

    // The head of a task without rows is linear in its covariates: what they add to the head of average covariates, for rows of unknown tasks.
    private (GraphTensor Weights, GraphTensor Bias) EffectsOfCovariates(GraphTensor covariates)
    {
        int count = _model.CovariateNames.Count, width = _model.EmbeddingDimension;
        LinearHead average = _model.Prior!.Head;
        LinearHead[] heads = [.. Enumerable.Range(0, count).Select(c => _model.PriorHeadOf([.. Enumerable.Range(0, count).Select(i => i == c ? 1f : 0)]))];
        GraphTensor ofUnknown = TaskRowGraph.Scale(covariates, _model.CovariateScaling!.Shift, _model.CovariateScaling.Scale)
            * _rows.IsFinite.Graph.Apply("Cast", [_isKnown.Apply("Not")], ("to", typeof(float))); // [rows, covariates]
        GraphTensor weights = ofUnknown.MatMul(Matrix(heads.SelectMany(head => Enumerable.Range(0, width * _outputCount).Select(i => Difference(head.Weights, average.Weights, i % _outputCount * width + i / _outputCount))), count, width * _outputCount));
        GraphTensor bias = ofUnknown.MatMul(Matrix(heads.SelectMany(head => Enumerable.Range(0, _outputCount).Select(k => Difference(head.Bias, average.Bias, k))), count, _outputCount));
        return (weights.Reshape(-1, width, _outputCount), bias.Reshape(-1, 1, _outputCount));
    }

    // [rows, 1]: the expected counts, see CountDistribution.
    private GraphTensor Counts(GraphTensor scores)
    {
        GraphTensor mean = (scores + Variances() * 0.5f).Apply("Min", Constant(CountDistribution.LargestScore)).Apply("Exp");
        return _rows.Exposure is { } exposure ? mean * TaskRowGraph.ValueWhere(exposure.Apply("Greater", Constant(0)), exposure) : mean;
    }

    // [rows, 1]: √(μ + μ²(e^v (1 + φ) − 1)).
    private GraphTensor DeviationsOfCounts(double dispersion)
    {
        GraphTensor spread = Variances().Apply("Min", Constant(CountDistribution.LargestScore)).Apply("Exp") * (float)(1 + dispersion) + -1;
        return (_scores + _scores * _scores * spread).Apply("Sqrt");
    }

    // [rows, 1]: σ √(1 + v), see PredictiveVariance. For a head without a variance 1, and NaN for regression.
    private GraphTensor Deviations()
    {
        if (_model.Counts is { } counts)
            return DeviationsOfCounts(counts.Dispersion);
        GraphTensor noise = Table(task => [task?.Head.PredictiveVariance?.Noise ?? (_model.Kind == LabelKind.Regression ? float.NaN : 1)]).Shaped(1);
        return noise * (Variances() + 1).Apply("Sqrt");
    }

    // [rows, 1]: v = ‖Lᵀz̃‖². Each row gathers its factor as it is stored, and spreads it to a square matrix.
    private GraphTensor Variances()
    {
        int width = _model.EmbeddingDimension + 1, stored = width * (width + 1) / 2;
        GraphTensor packed = Table(task => [.. task?.Head.PredictiveVariance?.Factor ?? new float[stored], 0]).Shaped(stored + 1);
        var square = new long[width * width];
        Array.Fill(square, stored); // the zero after the factor
        for (int j = 0, offset = 0; j < width; j++)
        {
            for (int i = j; i < width; i++)
                square[i * width + j] = offset++;
        }

        GraphTensor factor = packed.Gather(_index.Graph.Constant(square, width, width), -1); // [rows, width, width]
        GraphTensor extended = _index.Graph.Join(_embedding, (_embedding - _embedding).Sum() + 1);
        return extended.MatMul(factor).SumOfSquares().Reshape(-1, 1);
    }

    // [rows, 1]: half of the interval that holds a new value.
    private GraphTensor Margins()
    {
        return _model.GivesDeviation ? Quantiles() * Deviations() : Quantiles() + (_scores - _scores);
    }

    // Boolean [rows, classes], from [rows, outputs]: the classes whose nonconformity is at most the quantile, and the most probable one.
    private GraphTensor PredictedSets(GraphTensor probabilities)
    {
        OperatorGraph graph = probabilities.Graph;
        GraphTensor best = graph.Apply("ArgMax", [probabilities], ("axis", 1L), ("keepdims", 1L));
        int outputs = _model.Kind == LabelKind.Binary ? 2 : _outputCount;
        GraphTensor isBest = graph.List([.. Enumerable.Range(0, outputs).Select(k => (long)k)]).Apply("Equal", best);
        GraphTensor isIn = (probabilities * -1 + 1).Apply("Greater", Quantiles()).Apply("Not").Apply("Or", isBest);
        return _model.Kind == LabelKind.Binary || HaveAllClasses ? isIn : ProbabilitiesOfClasses(graph.Apply("Cast", [isIn], ("to", typeof(float)))).Apply("Greater", Constant(0.5f));
    }

    // [rows, 1], see ConformalQuantiles.
    private GraphTensor Quantiles() => Table(task => [task is null ? 0 : (float)_model.Conformal!.Of(_model, task)]).Shaped(1).Reshape(-1, 1);

    // [rows, classes], from [rows, outputs]
    private GraphTensor ProbabilitiesOfClasses(GraphTensor probabilities)
    {
        if (HaveAllClasses)
            return probabilities;
        // One more class collects the outputs that a task does not have.
        GraphTensor zeros = (probabilities - probabilities).Sum() + Matrix(new float[_classCount + 1], 1, _classCount + 1);
        GraphTensor all = probabilities.Graph.Apply("ScatterElements", [zeros, Classes(), probabilities], ("axis", 1L));
        return all.Apply("Slice", all.Graph.List(0), all.Graph.List(_classCount), all.Graph.List(1));
    }

    // Keys are class numbers plus 1; 0 is the missing key.
    private GraphTensor PredictedClasses(GraphTensor probabilities)
    {
        OperatorGraph graph = probabilities.Graph;
        GraphTensor output = graph.Apply("ArgMax", [probabilities], ("axis", 1L), ("keepdims", 1L));
        GraphTensor predicted = HaveAllClasses ? output : graph.Apply("GatherElements", [Classes(), output], ("axis", 1L));
        return _isScored.Apply("Where", predicted + graph.List(1), graph.List(0));
    }

    // Whether output k is class k in all tasks.
    private bool HaveAllClasses => _tasks.All(task => task is null || task.Classes.Count == _classCount);

    // Int64 [rows, outputs]: the class of each output.
    private GraphTensor Classes()
    {
        IEnumerable<long> classes = _tasks.SelectMany(task => Enumerable.Range(0, _outputCount).Select(k => k < task?.Classes.Count ? task.Classes[k] : (long)_classCount));
        GraphTensor ofTasks = _index.Graph.Constant(classes, _tasks.Count, _outputCount).Gather(_index, 0);
        GraphTensor zeros = _index.Graph.Apply("Cast", [_isScored.Apply("And", _isScored.Apply("Not"))], ("to", typeof(long))); // for as many rows as there are
        return ofTasks + zeros;
    }

    private GraphParameter Table(Func<AdaptedTask?, float[]> values) => GraphParameter.PerTask([.. _tasks.Select(values)], _index);

    private GraphTensor Constant(float value) => _index.Graph.Constant(value);

    private GraphTensor Matrix(IEnumerable<float> values, int rows, int columns) => _index.Graph.Constant(values, rows, columns);

    private static float Difference(float[] values, float[] others, int i) => values[i] - others[i];
}
