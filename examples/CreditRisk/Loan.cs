using Microsoft.ML.Data;

namespace CreditRisk;

/// <summary>A loan with the probability that it goes bad.</summary>
internal sealed class Loan
{
    /// <summary>The amount in dollars.</summary>
    [ColumnName("funded_amnt")]
    public float Amount { get; set; }

    /// <summary>The interest rate in percent a year.</summary>
    [ColumnName("int_rate")]
    public float Rate { get; set; }

    /// <summary>Whether the loan went bad.</summary>
    public bool Bad { get; set; }

    /// <summary>The probability that the loan goes bad.</summary>
    public float Probability { get; set; }

    // A bad loan loses half of its amount. A good loan earns the interest of one year on half of its amount, since it is paid back over time.
    public double Loss => 0.5 * Amount;

    public double Gain => 0.5 * Amount * Rate / 100;

    /// <summary>Whether the expected gain is larger than the expected loss.</summary>
    public bool IsGranted => (1 - Probability) * Gain > Probability * Loss;

    /// <summary>The result of the decision in dollars: 0 for a loan that is not granted.</summary>
    public double Result => !IsGranted ? 0 : Bad ? -Loss : Gain;
}
