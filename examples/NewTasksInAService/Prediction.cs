namespace NewTasksInAService;

/// <summary>The service's prediction for a row.</summary>
internal sealed class Prediction
{
    public bool PredictedLabel { get; set; }

    public float Probability { get; set; }
}
