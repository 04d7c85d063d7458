namespace MetaML.Data;

/// <summary>What groups say of a task: the prior of its head is N(m + δ, Σ + C) instead of N(m, Σ), for standardised labels.</summary>
/// <param name="Shift">δ [embedding + 1].</param>
/// <param name="Covariance">C: the rows of its lower triangle, one after the other, [width (width + 1) / 2].</param>
internal sealed record TaskPrior(float[] Shift, float[] Covariance)
{
    /// <summary>A prior of these values.</summary>
    /// <param name="shift">δ [width].</param>
    /// <param name="covariance">C [width, width].</param>
    public static TaskPrior Of(double[] shift, double[] covariance)
    {
        int width = shift.Length;
        var packed = new List<float>();
        for (int i = 0; i < width; i++)
            packed.AddRange(covariance.Skip(i * width).Take(i + 1).Select(value => (float)value));
        return new TaskPrior(Array.ConvertAll(shift, value => (float)value), [.. packed]);
    }

    /// <summary>C [width, width].</summary>
    public double[] Dense()
    {
        int width = Shift.Length, at = 0;
        var covariance = new double[width * width];
        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j <= i; j++)
                covariance[i * width + j] = covariance[j * width + i] = Covariance[at++];
        }

        return covariance;
    }

    /// <summary>A prior head that is moved by δ.</summary>
    /// <param name="head">[width, 1].</param>
    public float[] Move(float[] head) => [.. head.Zip(Shift, (value, shift) => value + shift)];
}
