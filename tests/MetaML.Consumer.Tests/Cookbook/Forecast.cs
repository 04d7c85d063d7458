using Microsoft.ML.Data;

namespace MetaML.Consumer.Tests.Cookbook;

/// <summary>A model's prediction for a <see cref="Sale"/>.</summary>
public sealed class Forecast
{
    public float Demand { get; set; }

    public float Score { get; set; }

    public float ScoreStandardDeviation { get; set; }

    [NoColumn]
    public float Low { get; set; }

    [NoColumn]
    public float High { get; set; }
}
