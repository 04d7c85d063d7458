using MetaML.Data;
using MetaML.Models;

namespace MetaML.Training;

/// <summary>Learns an encoder from rows without labels, by tasks that are made of the rows themselves.</summary>
/// <remarks>
/// <para>Contrastive: every row is a class, its copies are the class's rows, and an episode is many classes with one support and
/// one query row each. The loss of prototypes is then InfoNCE, −log exp(s(zᵢ, z̃ᵢ)) / Σⱼ exp(s(zᵢ, z̃ⱼ)), with s(z, z̃) = −τ‖z − z̃‖².
/// Deviations from SCARF: this s, with τ learned, for the cosine; no projection head; either view may be corrupted.</para>
/// <para>Reconstruction: every feature is a regression task, with corrupted rows and the feature's true, standardised values.
/// Ridge regression is then the linear decoder of a denoising autoencoder, in closed form.</para>
/// </remarks>
internal static class SelfSupervisedTrainer
{
    private const int Copies = 4;

    /// <summary>Learns an encoder.</summary>
    /// <param name="rows">The rows; dense.</param>
    /// <param name="options">How to learn.</param>
    /// <param name="log">Told what was decided and why; may be null.</param>
    /// <param name="warn">Told of what is left out; may be null.</param>
    /// <returns>A model whose encoder is what was learned.</returns>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="NotSupportedException">Rows are sparse.</exception>
    /// <exception cref="InvalidOperationException">There are too few rows or features, or the loss is no longer finite.</exception>
    /// <exception cref="DllNotFoundException">The native torch library is absent or broken.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static MetaModel Train(FeatureStore rows, SelfSupervisedOptions options, Action<string>? log = null, Action<string>? warn = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (rows.IsSparse)
            throw new NotSupportedException("Features must be dense to be learned from without labels; got sparse ones. Corrupting them would make them dense. Reduce them first, as ProjectToPrincipalComponents does.");
        if (rows.RowCount < 4 || rows.FeatureCount < 2)
            throw new InvalidOperationException($"There must be at least four rows of two features; got {rows.RowCount} of {rows.FeatureCount}. There is nothing to tell apart.");

        var all = new CorruptedFeatureStore(rows, Copies, options.CorruptionRate, options.Seed ?? 0);
        bool isContrastive = options.Objective == SelfSupervision.Contrastive;
        int ways = (int)Math.Clamp(rows.RowCount * (options.ValidationFraction > 0 ? options.ValidationFraction : 1), 2, options.BatchSize);
        var learning = new MetaTrainingOptions(options)
        {
            Encoder = options.Encoder ?? new MlpEncoderOptions(),
            Adapter = isContrastive ? new PrototypeAdapterOptions() : new RidgeAdapterOptions(),
            Episodes = isContrastive
                ? new EpisodeOptions { Ways = ways, Shots = 1, Queries = 1, TasksPerIteration = 1 }
                : new EpisodeOptions { SupportRows = options.BatchSize, Queries = options.BatchSize },
            HoldsOutRows = true,
        };
        return MetaTrainer.Train(isContrastive ? Instances(all, rows.RowCount) : Features(all, rows), learning, log, warn);
    }

    // One pool, in which each row is a class.
    private static TaskSet Instances(CorruptedFeatureStore all, int rowCount)
    {
        int[] numbers = [.. Enumerable.Range(0, all.RowCount)];
        int[] classes = [.. Enumerable.Range(0, rowCount)];
        var pool = new LearningTask("rows", numbers, Array.ConvertAll(numbers, row => (float)all.OriginOf(row)), null, classes);
        return new TaskSet(LabelKind.Multiclass, all, [pool], rowCount, hasCommonClasses: false);
    }

    // One task for each feature that varies: to restore it from the corrupted copies.
    private static TaskSet Features(CorruptedFeatureStore all, FeatureStore rows)
    {
        FeatureScaling scaling = FeatureScaling.Fit(rows);
        int[] copies = [.. Enumerable.Range(rows.RowCount, all.RowCount - rows.RowCount)];
        var tasks = new List<LearningTask>();
        for (int j = 0; j < rows.FeatureCount; j++)
        {
            if (scaling.Scale[j] != 0)
                tasks.Add(new LearningTask($"feature {j}", copies, Array.ConvertAll(copies, row => (rows[all.OriginOf(row)].Values[j] - scaling.Shift![j]) * scaling.Scale[j]), null, []));
        }

        return new TaskSet(LabelKind.Regression, all, tasks, 0, hasCommonClasses: true);
    }
}
