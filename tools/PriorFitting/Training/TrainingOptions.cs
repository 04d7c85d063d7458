using MetaML.Pretrained.Network;

namespace MetaML.PriorFitting.Training;

/// <summary>The options of a training. They determine its result, apart from the processor.</summary>
internal sealed record TrainingOptions
{
    /// <summary>The network's sizes.</summary>
    public NetworkShape Shape { get; init; } = new();

    /// <summary>The number of steps.</summary>
    public int Steps { get; init; } = 20_000;

    /// <summary>The number of last steps in which the learning rate falls to 0. Before them, it is constant, so that a stopped training can continue with more or fewer steps.</summary>
    public int DecaySteps { get; init; } = 4_000;

    /// <summary>The number of first steps in which the learning rate rises.</summary>
    public int WarmupSteps { get; init; } = 500;

    /// <summary>The learning rate of Adam between rise and fall.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>The largest norm of a gradient.</summary>
    public double MaximumGradientNorm { get; init; } = 1;

    /// <summary>About how many rows a step has. The number of tables depends on their rows.</summary>
    public int RowsPerStep { get; init; } = 2_400;

    /// <summary>The number of rows of each query.</summary>
    public int QueryRows { get; init; } = 48;

    /// <summary>The smallest support.</summary>
    public int MinimumSupport { get; init; } = 5;

    /// <summary>The largest support.</summary>
    public int MaximumSupport { get; init; } = 500;

    /// <summary>The seed of parameters and tables.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The number of parts of each step that are computed at the same time.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The learning rate of a step.</summary>
    public double RateOf(int step) =>
        LearningRate * Math.Min(1, (step + 1.0) / WarmupSteps) * Math.Clamp((double)(Steps - step) / DecaySteps, 0, 1);
}
