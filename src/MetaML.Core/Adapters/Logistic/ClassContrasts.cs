using MetaML.Numerics;

namespace MetaML.Adapters.Logistic;

/// <summary>An orthonormal basis of the contrasts between classes (Helmert contrasts): Q [classes, classes − 1], QᵀQ = I, Qᵀ1 = 0.</summary>
/// <remarks>
/// Softmax depends only on the part QᵀW of the class vectors W. If these are drawn from N(mₖ, Σ), the heads of QᵀW are drawn
/// from N(Qᵀm, Σ). Their number, classes − 1, is the number of degrees of freedom.
/// </remarks>
internal static class ClassContrasts
{
    /// <summary>QᵀX: from vectors of classes to contrasts.</summary>
    /// <param name="classes">X [classes][width].</param>
    /// <returns>[classes − 1][width].</returns>
    public static double[][] Of(double[][] classes) => [.. Enumerable.Range(1, Math.Max(classes.Length - 1, 0)).Select(j =>
    {
        var contrast = new double[classes[0].Length];
        for (int k = 0; k <= j; k++)
            MatrixAlgebra.AddScaled(classes[k], Entry(k, j), contrast);
        return contrast;
    })];

    /// <summary>QY: from contrasts to vectors of classes. Their mean is 0.</summary>
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

    // The j-th contrast compares class j with the mean of the classes before it.
    private static double Entry(int k, int j) => (k < j ? 1 : -j) / Math.Sqrt(j * (j + 1.0));
}
