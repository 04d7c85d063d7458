using System.Buffers;
using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Graphs;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Encoders.Images;

/// <summary>h₀ = image; hₗ = relu(pool(norm(hₗ₋₁ ∗ Wₗ + bₗ) · gₗ + sₗ)); embedding = all values of the last block.</summary>
/// <remarks>
/// The network of Vinyals et al., 2016, arXiv 1606.04080 (Conv-4), with group normalisation (Wu and He, 2018, arXiv
/// 1803.08494) instead of batch normalisation, so that the embedding of an image does not depend on the other images of the batch.
/// An image is not pooled if a side would be shorter than <see cref="ConvolutionalEncoderOptions.MinimumSide"/>.
/// </remarks>
internal sealed class ConvolutionalEncoder : IEncoder
{
    private const int Side = 3; // the side of a filter
    private const double NormEpsilon = 1e-5;

    // Number of values of the first block's output that are processed together. A slab of this size stays in the processor's cache
    // and needs no new memory pages, which is several times faster.
    private const int ValuesPerSlab = 1 << 20;

    private readonly ConvolutionalEncoderOptions _options;
    private readonly ImageShape _image;
    private readonly Block[] _blocks;
    private readonly List<ParameterSpec> _parameters = [];
    private readonly AffineMap[] _otherViews;

    /// <summary>Makes an encoder of images with this number of values.</summary>
    /// <param name="featureCount">Channels · height · width.</param>
    /// <param name="options">The shapes of the images and of the network.</param>
    /// <exception cref="ArgumentException">The image of the options has another number of values.</exception>
    public ConvolutionalEncoder(int featureCount, ConvolutionalEncoderOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(featureCount);
        _options = options with { };
        _image = options.ShapeOf(featureCount);
        FeatureCount = featureCount;

        int least = options.MinimumSide ?? 1;
        _blocks = new Block[options.Blocks];
        ImageShape input = _image;
        for (int l = 0; l < _blocks.Length; l++)
        {
            bool isPooled = Math.Min(input.Height, input.Width) / 2 >= least;
            _blocks[l] = AddBlock(input, isPooled, l);
            input = _blocks[l].Output;
        }

        EmbeddingDimension = checked((int)input.Count);
        var random = new Random(0);
        _otherViews = [.. Enumerable.Range(1, (options.Views ?? 1) - 1).Select(_ => options.Augmentation!.Draw(random))];
    }

    /// <inheritdoc/>
    public int FeatureCount { get; }

    /// <inheritdoc/>
    public int EmbeddingDimension { get; }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterSpec> Parameters => _parameters;

    /// <inheritdoc/>
    public long MultiplicationsPerRow => _blocks.Sum(block => (long)block.Input.Height * block.Input.Width * Side * Side * block.Input.Channels * block.Output.Channels);

    /// <inheritdoc/>
    public Tensor Forward(ParameterSet parameters, Tensor features, Generator? dropout = null)
    {
        long tasks = features.shape[0], rows = features.shape[1];
        Tensor images = ToImages(features);
        Tensor embedding = Embed(parameters, images, tasks);
        if (dropout is null && _otherViews.Length > 0) // in training, each image has one random variant instead
        {
            foreach (AffineMap view in _otherViews)
                embedding = embedding.Plus(Embed(parameters, AffineMap.Apply(images, [view], _image), tasks));
            embedding = embedding.Times(1.0 / (1 + _otherViews.Length));
        }

        return embedding.reshape(tasks, rows, EmbeddingDimension);
    }

    /// <inheritdoc/>
    public Tensor Augment(Tensor features, Random random)
    {
        if (_options.Augmentation is not { } augmentation)
            return features;
        Tensor images = ToImages(features);
        AffineMap[] maps = new AffineMap[images.shape[0]];
        for (int i = 0; i < maps.Length; i++)
            maps[i] = augmentation.Draw(random);
        Tensor varied = AffineMap.Apply(images, maps, _image);
        return (_options.InterleavedChannels ? varied.permute(0, 2, 3, 1) : varied).reshape(features.shape);
    }

    /// <inheritdoc/>
    public ParameterSet SelectColumns(ParameterSet parameters, Tensor columns) =>
        throw new NotSupportedException("The convolutional encoder needs dense features; got sparse ones. It filters neighbouring pixels. Extract all pixels, or use the MLP encoder.");

    /// <inheritdoc/>
    public void Embed(IReadOnlyList<float[]> parameters, FeatureRow row, Span<float> embedding)
    {
        float[] image = ArrayPool<float>.Shared.Rent(2 * FeatureCount);
        try
        {
            Span<float> pixels = image.AsSpan(0, FeatureCount), view = image.AsSpan(FeatureCount, FeatureCount);
            row.CopyTo(view);
            ToPixels(view, pixels); // interleaved channels
            EmbedImage(parameters, pixels, embedding);
            if (_otherViews.Length == 0)
                return;

            float[] other = ArrayPool<float>.Shared.Rent(EmbeddingDimension);
            foreach (AffineMap map in _otherViews)
            {
                map.Apply(pixels, _image, view);
                EmbedImage(parameters, view, other.AsSpan(0, EmbeddingDimension));
                TensorPrimitives.Add(embedding, other.AsSpan(0, EmbeddingDimension), embedding);
            }

            TensorPrimitives.Multiply(embedding, 1f / (1 + _otherViews.Length), embedding);
            ArrayPool<float>.Shared.Return(other);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(image);
        }
    }

    /// <inheritdoc/>
    GraphTensor IEncoder.Embed(IReadOnlyList<GraphParameter> parameters, GraphTensor rows)
    {
        GraphTensor images = _options.InterleavedChannels
            ? rows.Reshape(-1, _image.Height, _image.Width, _image.Channels).Transpose(0, 3, 1, 2)
            : rows.Reshape(-1, _image.Channels, _image.Height, _image.Width);
        GraphTensor embedding = EmbedImages(parameters, images);
        foreach (AffineMap view in _otherViews)
            embedding += EmbedImages(parameters, view.Apply(images, _image));
        return _otherViews.Length == 0 ? embedding : embedding * (1f / (1 + _otherViews.Length));
    }

    private GraphTensor EmbedImages(IReadOnlyList<GraphParameter> parameters, GraphTensor images)
    {
        GraphTensor hidden = images; // [rows, channels, height, width]
        for (int l = 0; l < _blocks.Length; l++)
        {
            Block block = _blocks[l];
            GraphTensor PerFilter(int parameter) => parameters[4 * l + parameter].Shaped(_options.Filters, 1, 1);
            hidden = hidden.Graph.Apply("Conv", [hidden, Filters(parameters[4 * l], block.Input.Channels, hidden.Graph)], ("pads", new[] { 1L, 1, 1, 1 })) + PerFilter(1);
            hidden = hidden.Reshape(-1, _options.Groups, (long)_options.Filters / _options.Groups * block.Input.Height * block.Input.Width).Normalize((float)NormEpsilon)
                .Reshape(-1, _options.Filters, block.Input.Height, block.Input.Width);
            hidden = hidden * PerFilter(2) + PerFilter(3);
            if (block.IsPooled)
                hidden = hidden.Graph.Apply("MaxPool", [hidden], ("kernel_shape", new[] { 2L, 2 }), ("strides", new[] { 2L, 2 }));
            hidden = hidden.Apply("Relu");
        }

        return hidden.Reshape(-1, EmbeddingDimension);
    }

    // [3, 3, channels, filters] → [filters, channels, 3, 3]
    private GraphTensor Filters(GraphParameter weight, int channels, OperatorGraph graph)
    {
        float[] values = weight.SharedValues
            ?? throw new NotSupportedException("The filters of a convolutional encoder must be shared by all tasks; got filters of each task (GradientScope.All). One graph cannot choose filters by row. Export one task, from MetaLearning().SelectTask.");
        int filters = _options.Filters, pixels = Side * Side;
        return graph.Constant(Enumerable.Range(0, values.Length).Select(i => values[(i % pixels * channels + i / pixels % channels) * filters + i / pixels / channels]), filters, channels, Side, Side);
    }

    private Block AddBlock(ImageShape input, bool isPooled, int number)
    {
        int filters = _options.Filters;
        var output = new ImageShape(filters, isPooled ? input.Height / 2 : input.Height, isPooled ? input.Width / 2 : input.Width);
        var block = new Block(input, output, isPooled, $"weight{number}", $"bias{number}", $"gain{number}", $"shift{number}");

        // He et al., 2015, arXiv 1502.01852.
        _parameters.Add(ParameterSpec.Normal(block.Weight, Math.Sqrt(2.0 / (Side * Side * input.Channels)), Side, Side, input.Channels, filters));
        _parameters.Add(ParameterSpec.Constant(block.Bias, 0, filters) with { Role = ParameterRole.Bias });
        _parameters.Add(ParameterSpec.Constant(block.Gain, 1, filters) with { Role = ParameterRole.Scale });
        _parameters.Add(ParameterSpec.Constant(block.Shift, 0, filters) with { Role = ParameterRole.Shift });
        return block;
    }

    // [tasks, rows, features] → [tasks · rows, channels, height, width]
    private Tensor ToImages(Tensor features)
    {
        long count = features.shape[0] * features.shape[1];
        return _options.InterleavedChannels
            ? features.reshape(count, _image.Height, _image.Width, _image.Channels).permute(0, 3, 1, 2)
            : features.reshape(count, _image.Channels, _image.Height, _image.Width);
    }

    // [tasks · rows, channels, height, width] → [tasks · rows, embedding]
    private Tensor Embed(ParameterSet parameters, Tensor images, long tasks)
    {
        bool isShared = _parameters.Zip(parameters.Tensors).All(pair => pair.Second.dim() == pair.First.Shape.Length);
        int slab = Math.Max(1, ValuesPerSlab / (_image.Height * _image.Width * _options.Filters));
        return isShared && images.shape[0] > slab
            ? cat([.. images.split(slab).Select(some => EmbedSlab(parameters, some, tasks))], 0)
            : EmbedSlab(parameters, images, tasks);
    }

    private Tensor EmbedSlab(ParameterSet parameters, Tensor images, long tasks)
    {
        Tensor hidden = images;
        foreach (Block block in _blocks)
        {
            hidden = Convolve(hidden, parameters[block.Weight], parameters[block.Bias], tasks);
            hidden = Normalize(hidden, parameters[block.Gain], parameters[block.Shift], tasks);
            if (block.IsPooled)
                hidden = nn.functional.max_pool2d(hidden, 2);
            hidden = hidden.relu(); // of a quarter of the values; the result is the same in either order
        }

        return hidden.reshape(images.shape[0], EmbeddingDimension);
    }

    private Tensor Normalize(Tensor images, Tensor gain, Tensor shift, long tasks)
    {
        if (gain.dim() == 1 && shift.dim() == 1)
            return nn.functional.group_norm(images, _options.Groups, gain, shift, NormEpsilon);
        Tensor normal = nn.functional.group_norm(images, _options.Groups, null, null, NormEpsilon);
        return (normal * PerFilter(gain, images, tasks)).Plus(PerFilter(shift, images, tasks));
    }

    private static Tensor Convolve(Tensor images, Tensor weight, Tensor bias, long tasks)
    {
        if (weight.dim() == 4)
        {
            Tensor shared = ChannelsLast(nn.functional.conv2d(images, ChannelsLast(weight.permute(3, 2, 0, 1)), bias.dim() == 1 ? bias : null, padding: [1L, 1L]));
            return bias.dim() == 1 ? shared : shared.Plus(PerFilter(bias, shared, tasks));
        }

        // Filters that differ by task: each task is a group of channels.
        long rows = images.shape[0] / tasks, channels = images.shape[1], height = images.shape[2], width = images.shape[3], filters = weight.shape[4];
        Tensor side = images.reshape(tasks, rows, channels, height, width).transpose(0, 1).reshape(rows, tasks * channels, height, width);
        Tensor result = nn.functional.conv2d(side, weight.permute(0, 4, 3, 1, 2).reshape(tasks * filters, channels, Side, Side), padding: [1L, 1L], groups: tasks);
        result = result.reshape(rows, tasks, filters, height, width).transpose(0, 1).reshape(images.shape[0], filters, height, width);
        return result.Plus(PerFilter(bias, result, tasks));
    }

    // The same values in channels-last memory layout. Libtorch convolves them about one and a half times as fast.
    private static Tensor ChannelsLast(Tensor images) => images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    // Reshapes [filters] or [tasks, filters] for broadcasting with [tasks · rows, filters, height, width].
    private static Tensor PerFilter(Tensor values, Tensor images, long tasks) => values.dim() == 1
        ? values.reshape(1, -1, 1, 1)
        : values.unsqueeze(1).expand(tasks, images.shape[0] / tasks, values.shape[1]).reshape(images.shape[0], values.shape[1], 1, 1);

    private void ToPixels(ReadOnlySpan<float> features, Span<float> pixels)
    {
        if (_options.InterleavedChannels || _image.Channels == 1)
        {
            features.CopyTo(pixels);
            return;
        }

        int plane = _image.Height * _image.Width;
        for (int c = 0; c < _image.Channels; c++)
        {
            for (int i = 0; i < plane; i++)
                pixels[i * _image.Channels + c] = features[c * plane + i];
        }
    }

    private void EmbedImage(IReadOnlyList<float[]> parameters, ReadOnlySpan<float> pixels, Span<float> embedding)
    {
        int largest = _blocks.Max(block => Math.Max(Convolution.PaddedCount(block.Input), block.Input.Height * block.Input.Width * _options.Filters));
        float[] buffers = ArrayPool<float>.Shared.Rent(2 * largest);
        Span<float> padded = buffers.AsSpan(0, largest), values = buffers.AsSpan(largest, largest);
        Convolution.Pad(pixels, _image, padded);
        for (int l = 0; l < _blocks.Length; l++)
        {
            Block block = _blocks[l];
            Span<float> filtered = values[..(block.Input.Height * block.Input.Width * _options.Filters)];
            Convolution.Apply(padded, block.Input, parameters[4 * l], parameters[4 * l + 1], filtered);
            Convolution.Normalize(filtered, _options.Filters, _options.Groups, (float)NormEpsilon, parameters[4 * l + 2], parameters[4 * l + 3]);
            if (block.IsPooled)
                filtered = Convolution.Pool(filtered, block.Input.Height, block.Input.Width, _options.Filters);
            TensorPrimitives.Max(filtered, 0f, filtered);
            if (l < _blocks.Length - 1)
            {
                Convolution.Pad(filtered, block.Output, padded);
                continue;
            }

            // The layout of libtorch: one channel after the other.
            int plane = block.Output.Height * block.Output.Width;
            for (int i = 0; i < plane; i++)
            {
                for (int f = 0; f < _options.Filters; f++)
                    embedding[f * plane + i] = filtered[i * _options.Filters + f];
            }
        }

        ArrayPool<float>.Shared.Return(buffers);
    }

    private sealed record Block(ImageShape Input, ImageShape Output, bool IsPooled, string Weight, string Bias, string Gain, string Shift);
}
