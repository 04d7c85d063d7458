using MetaML.Options;
using MetaML.Weighting;
using MetaML.Weighting.Gradients;

namespace MetaML;

/// <summary>UPGrad: a step that increases no task's loss to first order. Each gᵢ is replaced by the nearest vector that has no negative product with any gradient. The step uses the sum of these projections.</summary>
/// <remarks>
/// Source: Quinton and Rey, Jacobian Descent for Multi-Objective Optimization (UPGrad), 2024, arXiv 2406.16232. The projection of gᵢ
/// onto {x : gⱼ · x ≥ 0 for all j} is gᵢ + Σⱼ uⱼ gⱼ, where u ≥ 0 minimises its norm. The sum over i is therefore Σⱼ cⱼ gⱼ with cⱼ ≥ 1, and
/// only products of gradients are needed. Deviation: the products are not regularised; instead, a cosine above −1e-6 is no
/// conflict. gᵢ is the gradient by the encoder's parameters. The adapter's own parameters use the same cⱼ. The reported weight of a
/// task is the c of its last step. Cost: a second backward pass, and for each conflict the solution of a small linear system.
/// </remarks>
[SavedName("upgrad")]
public sealed record UpGradWeightingOptions : TaskWeightingOptions
{
    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new Weighting(tasks.Count);

    private sealed class Weighting(int tasks) : CombiningWeighting(tasks)
    {
        protected override double[] Combine(double[,] products, Random random)
        {
            int n = products.GetLength(0);
            var combination = new double[n];
            Array.Fill(combination, 1);
            var problem = new ConflictFreeProjection(products);
            for (int i = 0; i < n; i++)
            {
                double[] u = problem.Of(i);
                for (int j = 0; j < n; j++)
                    combination[j] += u[j];
            }

            return combination;
        }
    }
}
