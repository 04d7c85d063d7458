using MetaML.Data;
using MetaML.Encoders;
using MetaML.Heads;
using MetaML.Parameters;

namespace MetaML.Adapters.Gradient;

/// <content>Adaptation without libtorch.</content>
internal abstract partial class EncoderGradientAdapter : IManagedEncoderAdapter
{
    /// <inheritdoc/>
    public (LinearHead Head, float[][] EncoderParameters) Adapt(IReadOnlyList<float[]> parameters, IEncoder encoder, IReadOnlyList<float[]> shared, EmbeddedTask support, int[]? columns)
    {
        int outputs = support.OutputCount;
        IReadOnlyList<ParameterSpec> specs = encoder.Parameters;
        MlpShape network = columns is null ? encoder.MlpShape! : encoder.MlpShape!.WithFeatures(columns.Length);

        // The weights of the first layer come first. Those of features that are 0 do not take part.
        float[] Selected(ParameterSpec spec, float[] values) => columns is null || spec.Name != specs[0].Name ? values : SelectRows(values, columns, spec.Shape[1]);
        float[][] selected = [.. specs.Zip(shared, Selected)];
        SteppedPart PartOf(string name)
        {
            int index = specs.TakeWhile(spec => spec.Name != name).Count();
            return new SteppedPart(selected.Take(index).Sum(values => values.Length), selected[index].Length);
        }

        DescentPlan plan = PlanOf(network, [.. SteppedParts(PartOf), .. StepsHead ? HeadParts(outputs, network.ParameterCount) : []]);
        float[] start = [.. selected.SelectMany(values => values), .. HeadStart(parameters, outputs, () => Embed(encoder, shared, support, columns)), .. Maps(parameters)];
        float[] end = Descend(plan, support, start, RatesOf(parameters, outputs, Selected));
        var adapted = new float[specs.Count][];
        for (int i = 0; i < adapted.Length; i++)
        {
            SteppedPart part = PartOf(specs[i].Name);
            float[] values = end.AsSpan(part.Offset, part.Count).ToArray();
            adapted[i] = !Changed.Contains(specs[i].Name) ? shared[i] : values.Length == shared[i].Length ? values : WithRows(shared[i], values, columns!);
        }

        return (ToHead(end.AsSpan(network.ParameterCount), outputs), adapted);
    }

    private static EmbeddedTask Embed(IEncoder encoder, IReadOnlyList<float[]> shared, EmbeddedTask support, int[]? columns)
    {
        int dimension = encoder.EmbeddingDimension;
        var embeddings = new float[support.RowCount * dimension];
        for (int row = 0; row < support.RowCount; row++)
        {
            FeatureRow features = columns is null ? new FeatureRow(support.Row(row)) : new FeatureRow(encoder.FeatureCount, columns, support.Row(row));
            encoder.Embed(shared, features, embeddings.AsSpan(row * dimension, dimension));
        }

        return new EmbeddedTask(embeddings, dimension, support.Labels, support.Weights, support.OutputCount);
    }

    private static float[] SelectRows(float[] matrix, int[] rows, long width)
    {
        var selected = new float[rows.Length * (int)width];
        for (int i = 0; i < rows.Length; i++)
            matrix.AsSpan(rows[i] * (int)width, (int)width).CopyTo(selected.AsSpan(i * (int)width));
        return selected;
    }

    private static float[] WithRows(float[] matrix, float[] values, int[] rows)
    {
        var result = (float[])matrix.Clone();
        int width = values.Length / rows.Length;
        for (int i = 0; i < rows.Length; i++)
            values.AsSpan(i * width, width).CopyTo(result.AsSpan(rows[i] * width));
        return result;
    }
}
