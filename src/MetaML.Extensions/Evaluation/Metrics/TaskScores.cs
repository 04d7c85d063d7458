namespace MetaML.Extensions.Evaluation.Metrics;

/// <summary>The scored rows of one task.</summary>
internal sealed class TaskScores
{
    /// <summary>0 or 1, the number of the class, or the value.</summary>
    public List<float> Labels { get; } = [];

    /// <summary>The score; for classes, the number of the predicted one, −1 where it is no class of the labels.</summary>
    public List<float> Scores { get; } = [];

    /// <summary>Binary: probability of yes, NaN where there is none. Multiclass: probability of the label's class.</summary>
    public List<float> Probabilities { get; } = [];

    /// <summary>Number of rows whose score is not finite.</summary>
    public int Unscored { get; set; }

    public int Count => Labels.Count;

    public void Clear()
    {
        Labels.Clear();
        Scores.Clear();
        Probabilities.Clear();
        Unscored = 0;
    }
}
