using System.Numerics;

namespace MetaML.Adapters;

/// <summary>How the query losses after several inner steps are joined: each earlier one counts by the same weight, and the last has the rest of 1.</summary>
internal static class StepWeights
{
    /// <summary>The weight of the last step.</summary>
    /// <param name="earlierSteps">Number of the steps before it that count.</param>
    /// <param name="earlierWeight">The weight of each.</param>
    public static T OfLast<T>(int earlierSteps, T earlierWeight)
        where T : IFloatingPoint<T> => T.One - T.CreateChecked(earlierSteps) * earlierWeight;

    /// <summary>The joined loss.</summary>
    /// <param name="last">Float [tasks]: the loss after the last step.</param>
    /// <param name="earlierSteps">Number of the steps before it that count.</param>
    /// <param name="earlier">Their losses, float [tasks] each.</param>
    /// <param name="earlierWeight">The weight of each.</param>
    /// <returns>Float [tasks].</returns>
    public static Tensor Join(Tensor last, int earlierSteps, IEnumerable<Tensor> earlier, double earlierWeight) =>
        earlier.Aggregate(last.Times(OfLast(earlierSteps, earlierWeight)), (sum, loss) => sum.Plus(loss.Times(earlierWeight)));
}
