using MetaML.Options;
using MetaML.Weighting;
using MetaML.Weighting.Gradients;

namespace MetaML;

/// <summary>PCGrad: conflicting gradients do not cancel each other. In random order, each gᵢ is projected onto the normal plane of each gⱼ with which its product is negative. The step uses the sum of the projected gradients.</summary>
/// <remarks>
/// Source: Yu et al., Gradient Surgery for Multi-Task Learning (PCGrad), 2020, arXiv 2001.06782. A projection adds a positive
/// multiple of gⱼ. The sum is therefore Σᵢ cᵢ gᵢ with cᵢ ≥ 1, and only products of gradients are needed. gᵢ is the gradient by the
/// encoder's parameters. The adapter's own parameters use the same cᵢ. The reported weight of a task is the c of its last step.
/// Cost: a second backward pass, and O(tasks³) operations.
/// </remarks>
[SavedName("pcgrad")]
public sealed record PcGradWeightingOptions : TaskWeightingOptions
{
    internal override ITaskWeighting Create(IReadOnlyList<WeightedTask> tasks) => new Weighting(tasks.Count);

    private sealed class Weighting(int tasks) : CombiningWeighting(tasks)
    {
        protected override double[] Combine(double[,] products, Random random)
        {
            int n = products.GetLength(0);
            var sum = new double[n];
            for (int i = 0; i < n; i++)
            {
                var projected = new double[n]; // the projected gᵢ is Σₖ projectedₖ gₖ
                projected[i] = 1;
                int[] others = [.. Enumerable.Range(0, n).Where(j => j != i)];
                random.Shuffle(others);
                foreach (int j in others)
                {
                    double product = Enumerable.Range(0, n).Sum(k => projected[k] * products[k, j]);
                    if (product < 0 && products[j, j] > 0)
                        projected[j] -= product / products[j, j];
                }

                for (int k = 0; k < n; k++)
                    sum[k] += projected[k];
            }

            return sum;
        }
    }
}
