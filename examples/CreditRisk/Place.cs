using Microsoft.ML.Data;

namespace CreditRisk;

/// <summary>The state of a loan.</summary>
internal sealed class Place
{
    [ColumnName("addr_state")]
    public string State { get; set; } = "";
}
