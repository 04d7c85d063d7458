using MetaML.Data;
using MetaML.Models;
using MetaML.Parameters;
using MetaML.Training.Loop;
using MetaML.Weighting;
using static TorchSharp.torch;

namespace MetaML.Training.Shards;

/// <summary>The tasks of a shard, which give gradients and losses at any θ. Several threads may use it at once.</summary>
/// <remarks>Nothing of a step remains in it. A result depends only on the arguments, so that another process with the same rows gives the same bits.</remarks>
internal sealed class GradientShard
{
    private readonly LearningProblem _problem;
    private readonly MetaModel _model;
    private readonly MetaTrainingOptions _options;

    /// <param name="model">The encoder and the adapter, the units of features and labels, and the values of parameters that are not trained.</param>
    /// <param name="tasks">The tasks, in the user's units.</param>
    /// <param name="options">Validated options of the whole training.</param>
    /// <param name="number">The number of the shard, from 0.</param>
    /// <param name="shards">Number of shards. Each draws an equal part of the tasks of a step, rounded up.</param>
    /// <exception cref="ArgumentException">The tasks do not fit the model.</exception>
    /// <exception cref="InvalidOperationException">No task can form an episode.</exception>
    public GradientShard(MetaModel model, TaskSet tasks, MetaTrainingOptions options, int number, int shards)
    {
        model.CheckFits(tasks);
        _model = model;
        _options = options with
        {
            Encoder = model.EncoderOptions.InTraining,
            Adapter = model.AdapterOptions,
            Episodes = options.Episodes with { TasksPerIteration = (options.Episodes.TasksPerIteration + shards - 1) / shards },
            Seed = unchecked((options.Seed ?? 0) * 486_187_739 + number),
            NumberOfThreads = 1,
        };
        _problem = new LearningProblem(new PreparedProblem(model.LabelSizes?.Apply(tasks) ?? tasks, model.CommonLabels, model.CovariateScaling, _options, null, null, fewestTasks: 1), _options);
    }

    /// <summary>The gradient of the tasks that the shard draws in an outer step.</summary>
    /// <param name="theta">θ, [parameters].</param>
    /// <param name="iteration">The number of the step, from 1.</param>
    /// <param name="progress">The progress of training, from 0 to 1.</param>
    /// <exception cref="InvalidOperationException">The loss is not finite.</exception>
    public ShardGradient Differentiate(float[] theta, int iteration, double progress) => At(theta, source =>
    {
        float[] values = [];
        double loss = source.Step(iteration, progress, gradient => values = ParameterSet.ToArray(gradient));
        return new ShardGradient(loss, values);
    });

    /// <summary>The loss of the validation episodes, which are the same each time.</summary>
    /// <param name="theta">θ, [parameters].</param>
    public ShardValidation Validate(float[] theta) => At(theta, source =>
    {
        double? loss = source.Evaluate();
        return new ShardValidation(_problem.Tasks.Tasks.Count, _problem.Tasks.Tasks.Sum(task => (long)task.RowCount), source.ValidationEpisodes, loss ?? 0);
    });

    private T At<T>(float[] theta, Func<EpisodeGradients, T> compute)
    {
        TorchRuntime.EnsureLoaded();
        using var thread = new SingleIntraOpThread();
        using var grad = enable_grad();
        using var scope = NewDisposeScope();
        var parameters = new TrainedParameters([(_problem.Design.Encoder.Parameters, [.. _model.EncoderValues]), (_problem.Design.Adapter.Parameters, [.. _model.AdapterValues])], CPU);
        parameters.Load(theta);
        using var source = new EpisodeGradients([_problem], new FixedWeighting(_problem.Tasks.Tasks.Select(_ => 1.0)), _model.Scaling, parameters, _options);
        return compute(source);
    }
}
