using System.Security.Cryptography;
using System.Text.Json;
using MetaML.Adapters;
using MetaML.Adapters.Bayesian;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Data;
using MetaML.Files;
using MetaML.Parameters;

namespace MetaML.Models;

// Other parameters for the same units, and tasks that a model takes over from another by their statistics.
public sealed partial class MetaModel
{
    /// <summary>SHA-256 of all that determines the statistics of a task's rows: the encoder, the units of features, labels and covariates, and the form of the statistics. Null if heads are not functions of statistics.</summary>
    internal byte[]? StatisticsFingerprint()
    {
        if (!AdaptsHeads || Statistics is null)
            return null;
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(JsonSerializer.Serialize(_design.EncoderOptions));
        writer.Write(JsonSerializer.Serialize(StatisticsForm));
        writer.Write(FeatureCount);
        writer.Write(ClassCount);
        writer.Write(_labels.Mean);
        writer.Write(_labels.Deviation);
        if (LabelSizes is not null)
            writer.Write(JsonSerializer.Serialize(LabelSizes));
        foreach (string name in CovariateNames.Concat(GroupNames))
            writer.Write(name);
        foreach (float[]? values in (float[]?[])[_scaling?.Shift, _scaling?.Scale, CovariateScaling?.Shift, CovariateScaling?.Scale, .. _encoderArrays])
        {
            writer.Write(values?.Length ?? -1);
            if (values is not null)
                BinaryFormat.WriteFloats(writer, values);
        }

        writer.Flush();
        return SHA256.HashData(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    /// <summary>Adapts this model to a task of another model with the same <see cref="StatisticsFingerprint"/>, by the statistics of the task.</summary>
    /// <param name="task">The task, with statistics and the class numbers of this model.</param>
    /// <param name="name">The name of the task, for messages.</param>
    /// <returns>The task with a head of this model. The test for drift starts again.</returns>
    /// <exception cref="InvalidOperationException">The head is not finite.</exception>
    internal AdaptedTask TakeOver(AdaptedTask task, string name) =>
        Refit((IManagedAdapter)_design.Adapter, name, new TaskState(task.Statistics!, [.. task.Classes], task.Covariates) { Groups = task.Groups, Scaling = task.Scaling });

    /// <summary>The adapter if sums over tasks determine its prior, or what training leaves open of it.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    internal BayesianAdapter PriorLearner => _design.Adapter is BayesianAdapter { LearnsFromSums: true } adapter
        ? adapter
        : throw new ArgumentException($"The model must have a Bayesian adapter (Gaussian, with shrinkage and common noise), the same outputs in all tasks, no task features, no groups, and fewer than {MeanStep.LargestMatrix} embedding values; got {_design.AdapterOptions.GetType().Name} and {EmbeddingDimension} values. Other priors need more than sums over tasks. Learn the prior in one process.");

    /// <summary>The statistics of tasks for the likelihood of a prior.</summary>
    /// <param name="tasks">The tasks, in the user's units.</param>
    internal TaskEvidence[] EvidenceOf(TaskSet tasks)
    {
        BayesianAdapter adapter = PriorLearner;
        CheckFits(tasks);
        return [.. tasks.Tasks.AsParallel().AsOrdered().Select(task => adapter.Evidence(Embed(tasks.Features, task)))];
    }

    /// <summary>The same encoder and units with another prior. It has no calibration, which belonged to the prior before.</summary>
    internal MetaModel WithPrior(HeadPrior prior) => WithParameters(_encoderValues, PriorLearner.ParametersOf(prior, _adapterValues), Training);

    /// <summary>The same units and options with other parameters. It has no calibration.</summary>
    /// <param name="encoder">The parameters of the encoder.</param>
    /// <param name="adapter">The parameters of the adapter.</param>
    /// <param name="training">The summary of their training.</param>
    internal MetaModel WithParameters(ParameterArray[] encoder, ParameterArray[] adapter, TrainingSummary? training) => new(_design, _scaling, _labels, encoder, adapter)
    {
        LabelSizes = LabelSizes,
        CovariateScaling = CovariateScaling,
        Training = training,
        Statistics = Statistics,
    };
}
