using System.Numerics;

namespace MetaML.Adapters;

/// <summary>The weighted sum of the query losses after several inner steps. All earlier steps have the same weight, and all weights sum to 1.</summary>
internal static class StepWeights
{
    /// <summary>The weight of the last step.</summary>
    /// <param name="earlierSteps">Number of earlier steps in the sum.</param>
    /// <param name="earlierWeight">The weight of each earlier step.</param>
    public static T OfLast<T>(int earlierSteps, T earlierWeight)
        where T : IFloatingPoint<T> => T.One - T.CreateChecked(earlierSteps) * earlierWeight;

    /// <summary>The weighted sum.</summary>
    /// <param name="last">Float [tasks]: the loss after the last step.</param>
    /// <param name="earlierSteps">Number of earlier steps in the sum.</param>
    /// <param name="earlier">The losses after these steps, float [tasks] each.</param>
    /// <param name="earlierWeight">The weight of each earlier step.</param>
    /// <returns>Float [tasks].</returns>
    public static Tensor Join(Tensor last, int earlierSteps, IEnumerable<Tensor> earlier, double earlierWeight) =>
        earlier.Aggregate(last.Times(OfLast(earlierSteps, earlierWeight)), (sum, loss) => sum.Plus(loss.Times(earlierWeight)));
}
