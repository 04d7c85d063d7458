using System.Runtime.InteropServices;

namespace MetaML.Extensions.Orleans.Learning.Networks;

/// <summary>Floats as bytes, four for each, the lowest first. Orleans would send five.</summary>
internal static class PackedFloats
{
    /// <summary>The bytes of floats.</summary>
    public static byte[] Pack(float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    /// <summary>The floats of bytes.</summary>
    public static float[] Unpack(byte[] bytes) => MemoryMarshal.Cast<byte, float>(bytes).ToArray();
}
