using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Xunit;

namespace MetaML.Extensions.Tests.Transformers.Export;

/// <summary>A model as an ONNX file, run by ONNX Runtime and compared with ML.NET.</summary>
internal sealed class OnnxFile : IDisposable
{
    private const double Tolerance = 1e-5; // of the largest value of a column

    private readonly ITransformer _model;
    private readonly InferenceSession _session;

    /// <param name="ml">The context.</param>
    /// <param name="model">The model.</param>
    /// <param name="input">Rows with the columns of its input.</param>
    public OnnxFile(MLContext ml, ITransformer model, IDataView input)
    {
        _model = model;
        Bytes = Write(ml, model, input);
        _session = new InferenceSession(Bytes);
    }

    /// <summary>The file.</summary>
    public byte[] Bytes { get; }

    /// <summary>The names of the columns that it reads.</summary>
    public IEnumerable<string> Inputs => _session.InputMetadata.Keys;

    public static byte[] Write(MLContext ml, ITransformer model, IDataView input)
    {
        using var stream = new MemoryStream();
        ml.Model.ConvertToOnnx(model, input, stream);
        return stream.ToArray();
    }

    /// <summary>Asserts that all columns that the model makes have the same values in ONNX Runtime, for all rows at once and for the first ones alone.</summary>
    /// <returns>The columns that were compared.</returns>
    public IReadOnlyList<string> AssertEqual(IDataView rows)
    {
        IDataView scored = _model.Transform(rows);
        DataViewSchema.Column[] made = [.. scored.Schema.Where(column => !column.IsHidden && column.Index >= rows.Schema.Count && _session.OutputMetadata.ContainsKey(column.Name + ".output"))];
        Assert.NotEmpty(made);
        int count = Values(rows, rows.Schema[0]).Length / Slots(rows.Schema[0]);
        foreach (var (first, size) in new[] { (0, count), (0, 1), (count / 2, 1), (count - 1, 1) })
        {
            IReadOnlyDictionary<string, Array> outputs = Run(rows, first, size);
            Assert.All(made, column => AssertClose(column.Name, Values(scored, column), outputs[column.Name + ".output"], first * Slots(column), size * Slots(column)));
        }

        return [.. made.Select(column => column.Name)];
    }

    /// <summary>Runs the file on some rows.</summary>
    /// <returns>The values of each output.</returns>
    public IReadOnlyDictionary<string, Array> Run(IDataView rows, int first, int count)
    {
        NamedOnnxValue[] inputs = [.. _session.InputMetadata.Keys.Select(name => Input(rows, rows.Schema[name], first, count))];
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = _session.Run(inputs);
        return outputs.Where(output => output.Name.EndsWith(".output", StringComparison.Ordinal)).ToDictionary(output => output.Name, output => output.Value switch
        {
            Tensor<float> numbers => numbers.ToArray(),
            Tensor<bool> answers => answers.ToArray(),
            Tensor<uint> keys => keys.ToArray(),
            Tensor<string> texts => texts.ToArray(),
            var other => (Array)((Tensor<long>)other).ToArray(),
        });
    }

    public void Dispose() => _session.Dispose();

    private static void AssertClose(string name, Array all, Array actual, int first, int count)
    {
        Assert.Equal(count, actual.Length);
        if (all is not float[] numbers)
        {
            Assert.Equal(all.Cast<object>().Skip(first).Take(count), actual.Cast<object>());
            return;
        }

        double largest = numbers.Where(float.IsFinite).Select(value => (double)Math.Abs(value)).DefaultIfEmpty(0).Max();
        for (int i = 0; i < count; i++)
        {
            float expected = numbers[first + i], value = (float)actual.GetValue(i)!;
            Assert.True(float.IsNaN(expected) ? float.IsNaN(value) : Math.Abs(expected - (double)value) <= Tolerance * largest, $"{name}[{first + i}] is {value} instead of {expected}; the largest is {largest}");
        }
    }

    private static NamedOnnxValue Input(IDataView rows, DataViewSchema.Column column, int first, int count)
    {
        int slots = Slots(column);
        NamedOnnxValue Of<T>(T[] values) => NamedOnnxValue.CreateFromTensor(column.Name, new DenseTensor<T>(values.AsMemory(first * slots, count * slots), [count, slots]));
        return Values(rows, column) switch
        {
            float[] numbers => Of(numbers),
            bool[] answers => Of(answers),
            uint[] keys => Of(keys),
            var texts => Of((string[])texts),
        };
    }

    private static int Slots(DataViewSchema.Column column) => column.Type is VectorDataViewType { Size: var size } ? size : 1;

    private static Array Values(IDataView rows, DataViewSchema.Column column) => column.Type switch
    {
        VectorDataViewType { ItemType: BooleanDataViewType } => rows.GetColumn<bool[]>(column).SelectMany(row => row).ToArray(),
        VectorDataViewType => rows.GetColumn<float[]>(column).SelectMany(row => row).ToArray(),
        TextDataViewType => rows.GetColumn<string>(column).Select(text => text ?? "").ToArray(),
        BooleanDataViewType => rows.GetColumn<bool>(column).ToArray(),
        KeyDataViewType => rows.GetColumn<uint>(column).ToArray(),
        _ => rows.GetColumn<float>(column).ToArray(),
    };
}
