using MetaML.Numerics;

namespace MetaML.Parameters;

/// <summary>A parameter's name, shape and initial value.</summary>
/// <param name="Name">Unique within its owner.</param>
/// <param name="Shape">Extents, row-major.</param>
/// <param name="Initialize">Draws the initial values from the given generator, as many as the shape holds.</param>
public sealed record ParameterSpec(string Name, long[] Shape, Func<Random, float[]> Initialize)
{
    /// <summary>Whether the outer optimiser trains the parameter. If not, it is set after training.</summary>
    public bool IsTrained { get; init; } = true;

    /// <summary>Factor on the outer learning rate. Single scalars in log space need a higher rate than weights.</summary>
    public double LearningRateFactor { get; init; } = 1;

    /// <summary>The role of the parameter in its layer.</summary>
    public ParameterRole Role { get; init; }

    /// <summary>The first format version of saved models that holds the parameter; in models of earlier versions it has its initial value.</summary>
    internal int FormatVersion { get; init; } = 1;

    /// <summary>Number of values.</summary>
    public int Count => checked((int)Shape.Aggregate(1L, (product, extent) => checked(product * extent)));

    /// <summary>Gives a value a leading [tasks] dimension. A value that the tasks share is expanded without a copy; a value per task is returned as it is.</summary>
    /// <param name="value">Float, of this parameter's shape or [tasks, shape]. With sparse features it may have fewer rows.</param>
    /// <param name="tasks">Number of tasks.</param>
    internal Tensor PerTask(Tensor value, long tasks) =>
        value.dim() > Shape.Length ? value : value.unsqueeze(0).expand([tasks, .. value.shape]);

    /// <summary>A parameter whose initial values are all the same.</summary>
    /// <param name="name">Unique within its owner.</param>
    /// <param name="value">The initial value of each element.</param>
    /// <param name="shape">Extents, row-major.</param>
    public static ParameterSpec Constant(string name, float value, params long[] shape)
    {
        int count = (int)shape.Aggregate(1L, (product, extent) => checked(product * extent));
        return new ParameterSpec(name, shape, _ =>
        {
            var values = new float[count];
            Array.Fill(values, value);
            return values;
        });
    }

    /// <summary>A parameter whose initial values are drawn from a normal distribution with mean 0.</summary>
    /// <param name="name">Unique within its owner.</param>
    /// <param name="deviation">Standard deviation.</param>
    /// <param name="shape">Extents, row-major.</param>
    public static ParameterSpec Normal(string name, double deviation, params long[] shape)
    {
        int count = (int)shape.Aggregate(1L, (product, extent) => checked(product * extent));
        return new ParameterSpec(name, shape, random =>
        {
            var values = new float[count];
            for (int i = 0; i < count; i++)
                values[i] = (float)(deviation * NormalRandom.Next(random));
            return values;
        });
    }
}
