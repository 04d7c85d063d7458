/// <summary>What can be shown to a customer.</summary>
internal class Offer
{
    public string Kind { get; set; } = "";
}
