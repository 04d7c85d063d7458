/// <summary>An offer that was shown to a customer, and the profit that it made.</summary>
internal sealed class Visit : Offer
{
    public string Customer { get; set; } = "";

    public float Profit { get; set; }
}
