namespace MetaML.Extensions.Experiments.Runs;

/// <summary>Records about two hundred points of a learning curve, and reports the progress of training.</summary>
/// <remarks>For joint training, the curve shows only the second half, which trains the adapter. Its losses can be compared with those of other strategies.</remarks>
internal sealed class LearningRecorder(Action<double>? advanced = null) : IProgress<TrainingProgress>
{
    private const int Points = 200;

    private readonly List<LearningPoint> _curve = [];
    private TrainingProgress? _last;
    private bool _hasTwoHalves;

    /// <summary>Whether anything was trained in steps.</summary>
    public bool HasSteps => _hasTwoHalves || _last is not null;

    /// <summary>The points, including the last step. They have no task weights λ if all weights are equal in all steps.</summary>
    public IReadOnlyList<LearningPoint> Curve
    {
        get
        {
            if (_last is { } last && (_curve.Count == 0 || _curve[^1].Iteration != last.Iteration))
                Record(last);
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
            Record(value);
        advanced?.Invoke(_hasTwoHalves ? (1 + share) / 2 : share);
    }

    private void Record(TrainingProgress value)
    {
        var weights = new Dictionary<string, double>(value.TaskWeights);
        IReadOnlyDictionary<string, double>? previous = _curve.Count > 0 ? _curve[^1].TaskWeights : null;
        bool areSame = previous is not null && previous.Count == weights.Count && weights.All(pair => previous[pair.Key] == pair.Value);
        _curve.Add(new LearningPoint(value.Iteration, value.TrainingLoss, value.ValidationLoss, value.Elapsed.TotalSeconds, areSame ? previous! : weights)); // equal weights share one dictionary
    }
}
