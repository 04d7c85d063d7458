using MetaML.Adapters.Logistic;
using Xunit;

namespace MetaML.Core.Tests.Adapters.Logistic;

public sealed class CountLikelihoodTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.4)]
    public void At_AllCounts_HaveProbabilitiesWithTheMeanAndTheVariance(double dispersion)
    {
        const double Score = 1.3;
        var likelihood = new CountLikelihood(dispersion);
        double[] probabilities = [.. Enumerable.Range(0, 400).Select(count => Math.Exp(-likelihood.At(Score, count).Value))];
        double mean = Math.Exp(Score), second = probabilities.Select((p, count) => p * (count - mean) * (count - mean)).Sum();
        Assert.Equal(1, probabilities.Sum(), 1e-9);
        Assert.Equal(mean, probabilities.Select((p, count) => p * count).Sum(), 1e-7);
        Assert.Equal(mean + dispersion * mean * mean, second, 1e-6);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 7)]
    [InlineData(0.4, 0)]
    [InlineData(0.4, 7)]
    [InlineData(3, 2)]
    public void At_Derivatives_MatchDifferences(double dispersion, int count)
    {
        const double Score = 0.8, Step = 1e-5;
        var likelihood = new CountLikelihood(dispersion);
        LossDerivatives at = likelihood.At(Score, count), above = likelihood.At(Score + Step, count), below = likelihood.At(Score - Step, count);
        Assert.Equal((above.Value - below.Value) / (2 * Step), at.First, 1e-6);
        Assert.Equal((above.First - below.First) / (2 * Step), at.Second, 1e-6);
        Assert.Equal((above.Second - below.Second) / (2 * Step), at.Third, 1e-6);
        if (dispersion == 0)
            return;
        LossDerivatives more = new CountLikelihood(dispersion * Math.Exp(Step)).At(Score, count), less = new CountLikelihood(dispersion * Math.Exp(-Step)).At(Score, count);
        var (value, first, second) = likelihood.ByLogDispersion(Score, count);
        Assert.Equal((more.Value - less.Value) / (2 * Step), value, 1e-6);
        Assert.Equal((more.First - less.First) / (2 * Step), first, 1e-6);
        Assert.Equal((more.Second - less.Second) / (2 * Step), second, 1e-6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.4)]
    public void Expected_MatchesASumOverTheDistributionOfTheScore(double dispersion)
    {
        const double Mean = 0.5, Variance = 0.6;
        var likelihood = new CountLikelihood(dispersion);
        double loss = 0, first = 0, second = 0, total = 0;
        for (double z = -8; z <= 8; z += 0.01)
        {
            double weight = Math.Exp(-z * z / 2);
            LossDerivatives at = likelihood.At(Mean + Math.Sqrt(Variance) * z, 3);
            total += weight;
            loss += weight * at.Value;
            first += weight * at.First;
            second += weight * at.Second;
        }

        var expected = likelihood.Expected(Mean, Variance, 3);
        Assert.Equal(loss / total, expected.Loss, 1e-7);
        Assert.Equal(first / total, expected.Prediction - 3, 1e-7);
        Assert.Equal(second / total, expected.Curvature, 1e-7);
    }
}
