using System.Numerics.Tensors;

namespace MetaML.Numerics;

/// <summary>Random numbers that a seed and a number of the stream define. Creating a stream costs nothing, so that each of many calls can have its own.</summary>
/// <remarks>SplitMix64. Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014.</remarks>
/// <param name="seed">The seed.</param>
/// <param name="number">The number of the stream.</param>
internal struct RandomStream(int seed, long number)
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state = Mix(Mix((ulong)seed + Step) ^ (ulong)number);

    /// <summary>A number from 0 to below 1.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Independent numbers with mean 0 and standard deviation 1, by the Box–Muller transform.</summary>
    /// <param name="values">Receives the numbers, of which there must be an even number.</param>
    /// <param name="angles">Memory of half as many numbers.</param>
    public void FillNormal(Span<float> values, Span<float> angles)
    {
        const float Unit = 1f / (1 << 24);
        int half = values.Length / 2;
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, 2 * angles.Length);
        Span<float> radii = values[..half], sines = values[half..];
        for (int i = 0; i < half; i++)
        {
            ulong bits = Next();
            radii[i] = ((uint)(bits >> 40) + 1) * Unit; // above 0
            angles[i] = (uint)(bits & 0xFFFFFF) * (Unit * 2 * MathF.PI);
        }

        TensorPrimitives.Log(radii, radii);
        TensorPrimitives.Multiply(radii, -2, radii);
        TensorPrimitives.Sqrt(radii, radii);
        TensorPrimitives.Sin(angles, sines);
        TensorPrimitives.Multiply(sines, radii, sines);
        TensorPrimitives.Cos(angles, angles);
        TensorPrimitives.Multiply(radii, angles, radii);
    }

    private ulong Next() => Mix(_state += Step);

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
