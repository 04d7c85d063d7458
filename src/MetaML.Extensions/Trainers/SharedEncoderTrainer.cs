using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Trainers;
using MetaML.Models;
using MetaML.Training;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MetaML;

/// <summary>Learns an encoder, features → embedding. Any ML.NET trainer can use the embedding as its features.</summary>
/// <remarks>
/// <para>With labels and tasks it is the encoder that <see cref="MetaLearnerTrainer"/> learns. With features alone it is that of
/// <see cref="SelfSupervisedTrainer"/>. Features: vector of Single of known size, with finite values. A normaliser is not needed.
/// Training needs the native torch library. The fitted transformer does not.</para>
/// <para>Create it with <c>mlContext.MetaLearning().SharedEncoder</c>. The same seed, data and machine give a bit-identical
/// encoder, unless MaximumTrainingTime ends the training.</para>
/// </remarks>
public sealed class SharedEncoderTrainer : IEstimator<SharedEncoderTransformer>
{
    private readonly IHost _host;
    private readonly string _feature;
    private readonly string _output;
    private readonly Action<SchemaShape> _check;
    private readonly Func<IDataView, MetaModel> _learn;

    private SharedEncoderTrainer(IHost host, string feature, string output, Action<SchemaShape> check, Func<IDataView, MetaModel> learn)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(output);
        _host = host;
        _feature = feature;
        _output = output;
        _check = check;
        _learn = learn;
    }

    internal static SharedEncoderTrainer OfTasks(IHostEnvironment env, MetaLearnerOptions options, string output)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(options.Episodes?.Ways is null ? LabelKind.Binary : LabelKind.Multiclass);
        options = options with { };
        var label = new OutputColumn(options.LabelColumnName);
        void CheckOutput() => options.Columns.CheckNotHidden([output]);
        return new SharedEncoderTrainer(
            env.Register(nameof(SharedEncoderTrainer)),
            options.FeatureColumnName,
            output,
            shape =>
            {
                options.Columns.Check(shape, ColumnNames.KindOf(shape, label).Kind);
                CheckOutput();
            },
            data =>
            {
                CheckOutput();
                return new MetaLearnerTrainer(env, ColumnNames.KindOf(data.Schema, label), options).Learn(data).Model;
            });
    }

    internal static SharedEncoderTrainer OfFeatures(IHostEnvironment env, SelfSupervisedEncoderOptions options, string output)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        options = options with { };
        var columns = new ColumnNames("", options.FeatureColumnName, null, null);
        IHost host = env.Register(nameof(SharedEncoderTrainer));
        return new SharedEncoderTrainer(host, options.FeatureColumnName, output, columns.CheckFeatures, data =>
        {
            columns.CheckScored(data.Schema);
            using IChannel channel = host.Start("Self-supervised training");
            var training = new TrainingHost(host, channel, data.Schema[columns.Features]);
            SelfSupervisedOptions bound = options with
            {
                Encoder = training.Encoder(options.Encoder),
                Seed = training.Seed(options.Seed),
                Device = training.Device(options.Device),
                FallbackToCpu = training.FallsBackToCpu,
                Progress = training.Progress(options.Progress),
            };
            FeatureStore rows = new TaskSetReader(host, channel, columns) { CancellationToken = bound.CancellationToken, Encoder = bound.Encoder }.ReadFeatures(data);
            return SelfSupervisedTrainer.Train(rows, bound, text => channel.Info(text), text => channel.Warning(text));
        });
    }

    /// <summary>Learns an encoder from the data.</summary>
    /// <param name="input">Data with the columns that the options name.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">The rows cannot be used for training. The message gives the reason.</exception>
    /// <exception cref="DllNotFoundException">The native torch library is absent.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled, and KeepBestWhenCancelled is not set.</exception>
    /// <exception cref="IOException">A checkpoint cannot be written or read.</exception>
    /// <exception cref="InvalidDataException">A checkpoint is damaged.</exception>
    public SharedEncoderTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new SharedEncoderTransformer(_host, _learn(input), _feature, _output);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _check(inputSchema);
        return SharedEncoderEstimator.WithEmbedding(inputSchema, _output);
    }
}
