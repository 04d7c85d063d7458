using MetaML.Options;

namespace MetaML;

/// <summary>Options of a <see cref="Bandit{TRow}"/>.</summary>
public sealed record BanditOptions
{
    /// <summary>Options with their defaults.</summary>
    public BanditOptions()
    {
    }

    private BanditOptions(BanditOptions original) => OptionCopy.Fields(original, this);

    /// <summary>How an action is chosen.</summary>
    /// <value>Default <see cref="BanditMethod.ThompsonSampling"/>.</value>
    public BanditMethod Method { get; set; } = BanditMethod.ThompsonSampling;

    /// <summary>The number of draws of the head in a decision of Thompson sampling. The probability of an action is the share of draws in which it is the best.</summary>
    /// <value>1 to 10,000; default 32.</value>
    /// <remarks>Over many decisions, an action is chosen as often with any number of draws. More draws make the logged probabilities finer, which the evaluation of other policies needs, and a decision slower.</remarks>
    public int Draws { get; set; } = 32;

    /// <summary>The number of standard deviations of the score that <see cref="BanditMethod.UpperConfidenceBound"/> adds to its mean.</summary>
    /// <value>At least 0, for the action that is the best on average; default 1.</value>
    public double UpperBoundDeviations { get; set; } = 1;

    /// <summary>The share of decisions in which all actions have the same probability.</summary>
    /// <value>0 to 1; default 0. With a positive value each action has a positive probability, so that the log can evaluate any policy without bias.</value>
    public double UniformShare { get; set; }

    /// <summary>How rewards change the head of a task: for example a forgetting factor, for tasks that change with time.</summary>
    /// <value>Null (default) for the defaults of <see cref="UpdateOptions"/>.</value>
    public UpdateOptions? Updates { get; set; }

    /// <summary>Seed of the decisions. With the same calls in the same order, the decisions are the same.</summary>
    /// <value>Null (default): the seed of the MLContext, or a random one if the context has none.</value>
    public int? Seed { get; set; }

    internal void Validate()
    {
        OptionCheck.Defined(this, nameof(Method), Method);
        OptionCheck.InRange(this, nameof(Draws), Draws, 1, 10_000);
        OptionCheck.AtLeast<double>(this, nameof(UpperBoundDeviations), UpperBoundDeviations, 0);
        OptionCheck.InRange<double>(this, nameof(UniformShare), UniformShare, 0, 1);
        Updates?.Validate();
    }
}
