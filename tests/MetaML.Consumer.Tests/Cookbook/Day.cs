namespace MetaML.Consumer.Tests.Cookbook;

/// <summary>A day of a store before its sales are known.</summary>
public sealed class Day
{
    public string Store { get; set; } = "";

    public float Weekday { get; set; }

    public float Temperature { get; set; }

    public float Price { get; set; }
}
