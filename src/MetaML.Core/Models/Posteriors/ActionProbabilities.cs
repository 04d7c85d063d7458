using System.Buffers;
using System.Numerics;
using MetaML.Numerics;

namespace MetaML.Models.Posteriors;

/// <summary>The probability with which each of several actions is the best, as estimated from draws of the head; or the action with the largest upper bound.</summary>
internal static class ActionProbabilities
{
    /// <summary>The share of draws in which each action has the largest score (Thompson sampling).</summary>
    /// <param name="scores">The posterior of the scores, with a row for each action.</param>
    /// <param name="draws">The number of draws.</param>
    /// <param name="random">The generator.</param>
    /// <param name="shares">Receives the share of each action.</param>
    public static void OfDraws(ScorePosterior scores, int draws, ref RandomStream random, Span<float> shares)
    {
        shares.Clear();
        int lanes = Vector<float>.Count, width = scores.Factor.Length / shares.Length, padded = (draws + lanes - 1) / lanes * lanes, half = padded * width / 2;
        float[] buffer = ArrayPool<float>.Shared.Rent(3 * half);
        Span<float> normal = buffer.AsSpan(0, 2 * half); // [width, draws]
        random.FillNormal(normal, buffer.AsSpan(2 * half, half));
        for (int first = 0; first < draws; first += lanes) // as many draws at a time as the processor has lanes
        {
            Vector<float> largest = new(float.NegativeInfinity);
            Vector<int> best = Vector<int>.Zero;
            for (int action = 0; action < shares.Length; action++)
            {
                ReadOnlySpan<float> factor = scores.Factor.AsSpan(action * width, width);
                Vector<float> score = new(scores.Means[action]);
                for (int j = 0; j < factor.Length; j++)
                    score = Lanes<float>.MultiplyAdd(new Vector<float>(factor[j]), new Vector<float>(normal[(j * padded + first)..]), score);
                Vector<int> isLarger = Vector.GreaterThan(score, largest);
                best = Vector.ConditionalSelect(isLarger, new Vector<int>(action), best);
                largest = Vector.Max(score, largest);
            }

            for (int lane = 0; lane < Math.Min(lanes, draws - first); lane++)
                shares[best[lane]]++;
        }

        ArrayPool<float>.Shared.Return(buffer);
        foreach (ref float share in shares)
            share /= draws;
    }

    /// <summary>Probability 1 for the action with the largest mean plus a number of standard deviations.</summary>
    /// <param name="scores">The posterior of the scores, with a row for each action.</param>
    /// <param name="deviations">The number of standard deviations.</param>
    /// <param name="shares">Receives the probability of each action.</param>
    public static void OfUpperBound(ScorePosterior scores, double deviations, Span<float> shares)
    {
        shares.Clear();
        int best = 0;
        double largest = double.NegativeInfinity;
        for (int action = 0; action < shares.Length; action++)
        {
            double bound = scores.Means[action] + deviations * scores.Deviation(action);
            if (bound > largest)
                (best, largest) = (action, bound);
        }

        shares[best] = 1;
    }
}
