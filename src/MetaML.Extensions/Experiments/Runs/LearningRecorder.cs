namespace MetaML.Extensions.Experiments.Runs;

/// <summary>Keeps some two hundred points of a learning curve, and how far training has come.</summary>
/// <remarks>Of joint training the curve is that of its second half, the adapter's, whose losses mean what those of other strategies mean.</remarks>
internal sealed class LearningRecorder(Action<double>? advanced = null) : IProgress<TrainingProgress>
{
    private const int Points = 200;

    private readonly List<LearningPoint> _curve = [];
    private TrainingProgress? _last;
    private bool _hasTwoHalves;

    /// <summary>Whether anything was trained in steps.</summary>
    public bool HasSteps => _hasTwoHalves || _last is not null;

    /// <summary>The points, the last step's among them; without λ where all tasks count alike throughout.</summary>
    public IReadOnlyList<LearningPoint> Curve
    {
        get
        {
            if (_last is { } last && (_curve.Count == 0 || _curve[^1].Iteration != last.Iteration))
                Keep(last);
            return _curve.Exists(point => point.TaskWeights.Values.Distinct().Count() > 1) ? _curve : [.. _curve.Select(point => point with { TaskWeights = new Dictionary<string, double>() })];
        }
    }

    public void Report(TrainingProgress value)
    {
        double share = (double)value.Iteration / value.MaximumNumberOfIterations;
        if (value.Objective == TrainingObjective.Joint)
        {
            _hasTwoHalves = true;
            advanced?.Invoke(share / 2);
            return;
        }

        _last = value;
        int interval = Math.Max(1, value.MaximumNumberOfIterations / Points);
        if (value.Iteration == 1 || value.Iteration % interval == 0)
            Keep(value);
        advanced?.Invoke(_hasTwoHalves ? (1 + share) / 2 : share);
    }

    private void Keep(TrainingProgress value)
    {
        var weights = new Dictionary<string, double>(value.TaskWeights);
        IReadOnlyDictionary<string, double>? before = _curve.Count > 0 ? _curve[^1].TaskWeights : null;
        bool areSame = before is not null && before.Count == weights.Count && weights.All(pair => before[pair.Key] == pair.Value);
        _curve.Add(new LearningPoint(value.Iteration, value.TrainingLoss, value.ValidationLoss, value.Elapsed.TotalSeconds, areSame ? before! : weights)); // weights that stay are held once
    }
}
