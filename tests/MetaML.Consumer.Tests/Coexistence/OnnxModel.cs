using System.Text;

namespace MetaML.Consumer.Tests.Coexistence;

/// <summary>Writes a small ONNX model with one layer, tanh(x W), for use as a fixed featuriser before a trainer.</summary>
/// <remarks>The numbers of the fields are those of onnx.proto (ONNX IR version 8, operator set 13). A message is a sequence of fields.</remarks>
internal static class OnnxModel
{
    private const int Single = 1;

    /// <param name="path">The path of the file.</param>
    /// <param name="input">Name of the input [1, rows of W].</param>
    /// <param name="output">Name of the output [1, columns of W].</param>
    /// <param name="weights">The matrix W.</param>
    public static void Write(string path, string input, string output, float[,] weights)
    {
        int rows = weights.GetLength(0), columns = weights.GetLength(1);
        byte[] values = new byte[weights.Length * sizeof(float)];
        Buffer.BlockCopy(weights, 0, values, 0, values.Length);
        byte[] initializer = [.. Number(1, rows), .. Number(1, columns), .. Number(2, Single), .. Text(8, "W"), .. Field(9, values)];

        byte[] graph =
        [
            .. Field(1, Node("MatMul", [input, "W"], "product")), .. Field(1, Node("Tanh", ["product"], output)),
            .. Text(2, "featuriser"), .. Field(5, initializer), .. Field(11, Value(input, rows)), .. Field(12, Value(output, columns)),
        ];
        byte[] operators = [.. Text(1, ""), .. Number(2, 13)];
        File.WriteAllBytes(path, [.. Number(1, 8), .. Field(7, graph), .. Field(8, operators)]);
    }

    private static byte[] Node(string type, string[] inputs, string output) => [.. inputs.SelectMany(name => Text(1, name)), .. Text(2, output), .. Text(4, type)];

    private static byte[] Value(string name, int size)
    {
        byte[] shape = [.. Field(1, Number(1, 1)), .. Field(1, Number(1, size))];
        return [.. Text(1, name), .. Field(2, Field(1, [.. Number(1, Single), .. Field(2, shape)]))];
    }

    private static byte[] Text(int field, string text) => Field(field, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int field, byte[] content) => [.. Varint(field << 3 | 2), .. Varint(content.Length), .. content];

    private static byte[] Number(int field, int value) => [.. Varint(field << 3), .. Varint(value)];

    private static IEnumerable<byte> Varint(int value)
    {
        for (; value >= 0x80; value >>= 7)
            yield return (byte)(value | 0x80);
        yield return (byte)value;
    }
}
