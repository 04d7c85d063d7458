using MetaML.Weighting;

namespace MetaML;

/// <summary>Gradients that conflict no longer cancel: each gᵢ is projected onto the normal plane of every gⱼ with which it then has a negative product, in random order; the step goes along the sum of what is left.</summary>
/// <remarks>
/// Source: Yu et al., Gradient Surgery for Multi-Task Learning (PCGrad), 2020, arXiv 2001.06782. A projection adds a positive
/// multiple of gⱼ, so the sum is Σᵢ cᵢ gᵢ with cᵢ ≥ 1, and only products of gradients are needed. gᵢ is by the encoder's
/// parameters; the adapter's own move along the same Σᵢ cᵢ. The reported weights are the c of each task's last step. Cost
/// O(tasks³) numbers beside a second backward pass.
/// </remarks>
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
                var own = new double[n]; // what is left of gᵢ is Σₖ ownₖ gₖ
                own[i] = 1;
                int[] others = [.. Enumerable.Range(0, n).Where(j => j != i)];
                random.Shuffle(others);
                foreach (int j in others)
                {
                    double product = Enumerable.Range(0, n).Sum(k => own[k] * products[k, j]);
                    if (product < 0 && products[j, j] > 0)
                        own[j] -= product / products[j, j];
                }

                for (int k = 0; k < n; k++)
                    sum[k] += own[k];
            }

            return sum;
        }
    }
}
