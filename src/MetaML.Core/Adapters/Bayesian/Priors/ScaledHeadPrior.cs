using MetaML.Adapters.Bayesian.Covariances;
using MetaML.Numerics;

namespace MetaML.Adapters.Bayesian.Priors;

/// <summary>The prior of heads in units of the noise variance: N(m, Σ̃) with Σ̃ = Σ/σ².</summary>
/// <param name="Mean">m [outputs][width].</param>
/// <param name="Covariance">Σ̃.</param>
internal sealed record ScaledHeadPrior(double[][] Mean, Covariance Covariance)
{
    // Multiplications below which more threads cost more than they save.
    private const double WorkForThreads = 3e7;

    /// <summary>m of an output. If tasks have their own classes, one m serves all outputs: 0.</summary>
    public double[] MeanOf(int output) => Mean[Math.Min(output, Mean.Length - 1)];

    /// <summary>The posterior of each task.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="before">Posteriors of the same tasks under another prior, whose memory is used again; null for none.</param>
    /// <exception cref="ArithmeticException">A task's system is singular in double precision. The posteriors before are then of no use.</exception>
    public TaskPosterior[] Posteriors(IReadOnlyList<TaskEvidence> tasks, TaskPosterior[]? before = null)
    {
        TaskPosterior[] posteriors = before ?? new TaskPosterior[tasks.Count];
        if (tasks.Any(task => !task.HasFewRows))
            _ = Covariance.Precision; // computed once, before the threads
        if (tasks.Sum(task => task.Work) < WorkForThreads)
        {
            for (int first = 0; first < posteriors.Length; first += LaneInverse.Lanes)
                Group(first);
            return posteriors;
        }

        ParallelLoop.For((posteriors.Length + LaneInverse.Lanes - 1) / LaneInverse.Lanes, group => Group(group * LaneInverse.Lanes));
        return posteriors;

        void Group(int first)
        {
            int count = Math.Min(LaneInverse.Lanes, posteriors.Length - first);
            TaskEvidence[] some = [.. Enumerable.Range(first, count).Select(t => tasks[t])];
            TaskEvidence.Under(this, some, posteriors.AsSpan(first, count));
        }
    }
}
