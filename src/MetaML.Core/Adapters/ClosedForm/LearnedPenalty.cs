using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Adapters.ClosedForm;

/// <summary>Meta-learned penalties on the distance of a head from the prior head: λ on slopes, λ₀ on the intercept.</summary>
/// <remarks>They are the first two parameters of the adapter, in log space. The penalty is ‖B⁻¹(V − V₀)‖² with B = diag(λ^−½, …, λ^−½, λ₀^−½).</remarks>
internal static class LearnedPenalty
{
    private const string Slopes = "log_penalty";
    private const string Intercept = "log_intercept_penalty";

    /// <summary>The two parameters.</summary>
    /// <param name="initial">Initial value of both penalties.</param>
    public static IEnumerable<ParameterSpec> Specs(double initial) => [Specification(Slopes, initial), Specification(Intercept, initial)];

    /// <summary>The diagonal of B.</summary>
    /// <returns>Float [embedding + 1].</returns>
    public static Tensor PriorScale(ParameterSet learned, int embeddingDimension) =>
        cat([learned[Slopes].Times(-0.5).exp().expand(embeddingDimension), learned[Intercept].Times(-0.5).exp().reshape(1)], 0);

    /// <summary>The same without libtorch.</summary>
    public static float[] PriorScale(IReadOnlyList<float[]> parameters, int embeddingDimension)
    {
        var priorScale = new float[embeddingDimension + 1];
        Array.Fill(priorScale, MathF.Exp(-0.5f * parameters[0][0]));
        priorScale[^1] = MathF.Exp(-0.5f * parameters[1][0]);
        return priorScale;
    }

    private static ParameterSpec Specification(string name, double initial) =>
        ParameterSpec.Constant(name, (float)Math.Log(initial)) with { LearningRateFactor = 10 };
}
