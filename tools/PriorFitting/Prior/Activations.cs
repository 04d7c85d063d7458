namespace MetaML.PriorFitting.Prior;

/// <summary>Functions of one variable, for standardised values.</summary>
internal static class Activations
{
    private static readonly Func<float, float>[] s_all =
    [
        x => x, MathF.Tanh, x => MathF.Max(x, 0), MathF.Abs, x => x * x, MathF.Sin, x => x > 0 ? 1 : 0, x => 1 / (1 + MathF.Exp(-2 * x)),
        x => MathF.Log(1 + MathF.Exp(3 * x)), x => MathF.Exp(-x * x), x => x * MathF.Abs(x), x => MathF.Round(x), x => x > 0 ? x : 0.1f * x,
    ];

    /// <summary>One of the functions, after a random scale and shift of its argument.</summary>
    public static Func<float, float> Draw(Random random)
    {
        Func<float, float> function = s_all[random.Next(s_all.Length)];
        float scale = (float)random.LogUniform(0.5, 2.5), shift = 0.7f * random.Normal();
        return x => function(scale * x + shift);
    }
}
