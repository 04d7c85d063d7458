namespace NewTasksInAService;

/// <summary>The service's prediction for a row: what the customer will spend, and the standard deviation of it.</summary>
internal sealed class Prediction
{
    public float Score { get; set; }

    public float ScoreStandardDeviation { get; set; }
}
