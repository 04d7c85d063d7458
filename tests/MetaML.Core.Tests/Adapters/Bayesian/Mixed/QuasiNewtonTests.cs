using MetaML.Adapters;
using MetaML.Adapters.Bayesian.Mixed;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Bayesian.Mixed;

public sealed class QuasiNewtonTests
{
    [Fact]
    public void Climb_MaximumWithRoundedValues_IsFoundWithFewEvaluations()
    {
        int evaluations = 0;
        Evaluated end = QuasiNewton.Climb(Evaluate([3, -2]), (point, _) => Evaluate(point), PriorLimits.None);
        Assert.Equal(1, end.Point[0], 1e-6);
        Assert.Equal(-1, end.Point[1], 1e-4);
        Assert.InRange(evaluations, 3, 50);

        // −5000 (x − 1)² − ½ (y + 1)² − 3000. The errors of value and gradient are those of sums over many tasks.
        Evaluated Evaluate(double[] point)
        {
            double x = point[0] - 1, y = point[1] + 1, error = ++evaluations % 2 == 0 ? 1e-4 : -1e-4;
            return new Evaluated(point, Math.Round(-5000 * x * x - y * y / 2 - 3000, 11), [-10_000 * x + error, -y]);
        }
    }

    private sealed record Evaluated(double[] Point, double Value, double[] Gradient) : QuasiNewton.IEvaluated;
}
