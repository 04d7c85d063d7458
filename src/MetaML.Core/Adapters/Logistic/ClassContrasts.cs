using MetaML.Numerics;

namespace MetaML.Adapters.Logistic;

/// <summary>An orthonormal basis of what tells classes apart (Helmert's): Q [classes, classes − 1], QᵀQ = I, Qᵀ1 = 0.</summary>
/// <remarks>
/// Softmax depends on no more than QᵀW of the class vectors W. Where they are drawn from N(mₖ, Σ), QᵀW has heads drawn from
/// N(Qᵀm, Σ): as many heads as there is something to know.
/// </remarks>
internal static class ClassContrasts
{
    /// <summary>QᵀX: of what each class has to contrasts.</summary>
    /// <param name="classes">X [classes][width].</param>
    /// <returns>[classes − 1][width].</returns>
    public static double[][] Of(double[][] classes) => [.. Enumerable.Range(1, Math.Max(classes.Length - 1, 0)).Select(j =>
    {
        var contrast = new double[classes[0].Length];
        for (int k = 0; k <= j; k++)
            MatrixAlgebra.AddScaled(classes[k], Entry(k, j), contrast);
        return contrast;
    })];

    /// <summary>QY: back to classes, whose mean is 0.</summary>
    /// <param name="contrasts">Y [classes − 1][width].</param>
    /// <returns>[classes][width].</returns>
    public static double[][] ToClasses(double[][] contrasts)
    {
        double[][] classes = [.. Enumerable.Range(0, contrasts.Length + 1).Select(_ => new double[contrasts[0].Length])];
        for (int j = 1; j < classes.Length; j++)
        {
            for (int k = 0; k <= j; k++)
                MatrixAlgebra.AddScaled(contrasts[j - 1], Entry(k, j), classes[k]);
        }

        return classes;
    }

    // The j-th contrast sets class j against those before it.
    private static double Entry(int k, int j) => (k < j ? 1 : -j) / Math.Sqrt(j * (j + 1.0));
}
