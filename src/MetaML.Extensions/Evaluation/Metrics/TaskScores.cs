namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>The scored rows of one task.</summary>
internal sealed class TaskScores
{
    /// <summary>0 or 1, the number of the class, or the value.</summary>
    public List<float> Labels { get; } = [];

    /// <summary>The score; for classes, the number of the predicted class.</summary>
    public List<float> Scores { get; } = [];

    /// <summary>Binary: the probability of the positive class; NaN if there is none. Multiclass: the probability of the class of the label.</summary>
    public List<float> Probabilities { get; } = [];

    /// <summary>Numbers of the rows whose score is not finite.</summary>
    public List<int> UnscoredRows { get; } = [];

    /// <summary>Number of rows with a score.</summary>
    public int Count => Labels.Count;

    /// <summary>Adds a row; of a row whose score is not finite, only the number.</summary>
    public void Add(int row, float label, float score, float probability)
    {
        if (!float.IsFinite(score))
        {
            UnscoredRows.Add(row);
            return;
        }

        Labels.Add(label);
        Scores.Add(score);
        Probabilities.Add(probability);
    }

    public void Clear()
    {
        Labels.Clear();
        Scores.Clear();
        Probabilities.Clear();
        UnscoredRows.Clear();
    }
}
