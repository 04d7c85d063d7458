using MetaML.Data;
using MetaML.Models;

namespace MetaML.Training;

/// <summary>Learns an encoder from rows without labels, with tasks that are made from the rows.</summary>
/// <remarks>
/// <para>Contrastive: each row is a class, and its copies are the rows of the class. An episode has many classes, each with one
/// support row and one query row. The loss of prototypes is then InfoNCE, −log exp(s(zᵢ, z̃ᵢ)) / Σⱼ exp(s(zᵢ, z̃ⱼ)), with
/// s(z, z̃) = −τ‖z − z̃‖². Deviations from SCARF: this s with learned τ replaces the cosine; there is no projection head; both views
/// may be corrupted.</para>
/// <para>Reconstruction: each feature is a regression task. Its rows are corrupted, and its labels are the original, standardised
/// values. Ridge regression is then the linear decoder of a denoising autoencoder, in closed form.</para>
/// </remarks>
internal static class SelfSupervisedTrainer
{
    private const int Copies = 4;

    /// <summary>Learns an encoder.</summary>
    /// <param name="rows">Dense rows.</param>
    /// <param name="options">The options of training.</param>
    /// <param name="log">Receives each choice and its reason; may be null.</param>
    /// <param name="warn">Receives warnings; may be null.</param>
    /// <returns>A model with the learned encoder.</returns>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="NotSupportedException">Rows are sparse.</exception>
    /// <exception cref="InvalidOperationException">There are too few rows or features, or the loss is not finite.</exception>
    /// <exception cref="DllNotFoundException">The native torch library is absent or broken.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static MetaModel Train(FeatureStore rows, SelfSupervisedOptions options, Action<string>? log = null, Action<string>? warn = null)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (rows.IsSparse)
            throw new NotSupportedException("Features must be dense for training without labels; got sparse ones. Corrupted copies would be dense. Reduce the features first, for example with ProjectToPrincipalComponents.");
        if (rows.RowCount < 4 || rows.FeatureCount < 2)
            throw new InvalidOperationException($"There must be at least four rows of two features; got {rows.RowCount} of {rows.FeatureCount}. An encoder cannot be learned from them. Add rows or features.");

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

    // One task for each feature that varies: to predict the feature from corrupted copies.
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
