using MetaML.Parameters;

namespace MetaML.Pretrained.Adapters;

/// <summary>The share of the network in a score, λ(n) = λ · n / (n + κ), n being the number of rows of the task.</summary>
/// <param name="Limit">λ, from 0 to 1.</param>
/// <param name="HalfRows">κ: the number of rows at which the share is half of λ.</param>
/// <param name="PriorUse">What the network knows of the learned prior.</param>
internal sealed record NetworkShare(float Limit, float HalfRows, PriorUse PriorUse)
{
    /// <summary>The network alone.</summary>
    public static readonly NetworkShare OfOneTask = new(1, 0, PriorUse.None);

    /// <summary>The share if tasks say nothing of it: a few rows are predicted better by a prior of few tasks, and more rows by the network.</summary>
    public static readonly NetworkShare Believed = new(1, 8, PriorUse.None);

    /// <summary>The parameter. Its initial value is that of the network alone.</summary>
    public static readonly ParameterSpec Spec = new("network_share", [3], _ => [1, 0, 0]) { IsTrained = false };

    /// <summary>The share of a task with this number of rows; 0 without rows.</summary>
    public float Of(int rows) => rows == 0 ? 0 : Limit * rows / (rows + HalfRows);

    /// <summary>A share between this one and another one. The network knows of the learned prior what it knows with this one.</summary>
    /// <param name="other">The other share.</param>
    /// <param name="weight">The weight of the other share, from 0 to 1.</param>
    public NetworkShare Towards(NetworkShare other, float weight) =>
        this with { Limit = float.Lerp(Limit, other.Limit, weight), HalfRows = float.Lerp(HalfRows, other.HalfRows, weight) };

    /// <summary>Reads the parameter.</summary>
    public static NetworkShare Load(float[] values) => new(values[0], values[1], (PriorUse)values[2]);

    /// <summary>Writes the parameter.</summary>
    public void Store(float[] values) => (values[0], values[1], values[2]) = (Limit, HalfRows, (float)PriorUse);
}
