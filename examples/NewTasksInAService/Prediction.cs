namespace NewTasksInAService;

/// <summary>What the service answers for a row.</summary>
internal sealed class Prediction
{
    public bool PredictedLabel { get; set; }

    public float Probability { get; set; }
}
