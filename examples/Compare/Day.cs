using Microsoft.ML.Data;

namespace Compare;

/// <summary>One day of one store.</summary>
internal sealed class Day
{
    public string Store { get; set; } = "";

    /// <summary>0 is Monday.</summary>
    public float Weekday { get; set; }

    public float Temperature { get; set; }

    /// <summary>The price, relative to the usual price.</summary>
    public float Price { get; set; }

    public float Promotion { get; set; }

    public float Holiday { get; set; }

    [ColumnName("Label")]
    public float Demand { get; set; }
}
