using MetaML.Data;
using MetaML.Models;
using MetaML.Numerics;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Training;

public sealed class SelfSupervisedTests
{
    private static readonly MlpEncoderOptions s_encoder = new() { HiddenUnits = [32], EmbeddingDimension = 4 };

    [Fact]
    public void CorruptedCopies_ReplaceTheGivenShare_ByValuesOfTheSameFeature()
    {
        // Each value encodes its feature and row, so that the source of a replaced value is known.
        const int Rows = 50, Features = 8, Copies = 40;
        var rows = new DenseFeatureStore(Features);
        for (int i = 0; i < Rows; i++)
            rows.Add(new FeatureRow([.. Enumerable.Range(0, Features).Select(j => (float)(1000 * j + i))]));
        var all = new CorruptedFeatureStore(rows, Copies, 0.3, seed: 1);
        Assert.Equal(Rows * (Copies + 1), all.RowCount);
        int changed = 0;
        var sources = new HashSet<int>();
        for (int row = 0; row < all.RowCount; row++)
        {
            float[] values = all[row].Values.ToArray();
            Assert.Equal(values, all[row].Values.ToArray());
            Assert.All(values, (value, j) => Assert.Equal(j, (int)value / 1000));
            int[] from = Array.ConvertAll(values, value => (int)value % 1000);
            if (row < Rows)
                Assert.All(from, source => Assert.Equal(row, source));
            changed += from.Count(source => source != all.OriginOf(row));
            sources.UnionWith(from);
        }

        double expected = 0.3 * (Rows - 1) / Rows, deviation = Math.Sqrt(expected * (1 - expected) / (Rows * Copies * Features));
        Assert.Equal(expected, (double)changed / (Rows * Copies * Features), 4 * deviation);
        Assert.Equal(Rows, sources.Count);
    }

    [Fact]
    public void Reconstruction_OfWhatFollowsFromFourQuantities_FindsThem()
    {
        // Twelve features of three latent variables. An embedding of four values can represent them.
        var (rows, hidden) = Data(400);
        MetaModel Train(int iterations) => SelfSupervisedTrainer.Train(rows, Options(SelfSupervision.Reconstruction, iterations));
        double before = Explained(Train(0), rows, hidden), after = Explained(Train(200), rows, hidden);
        Assert.True(after > before + 0.1, $"R² of the hidden quantities {after}, before {before}");
        Assert.True(after > 0.8, $"R² of the hidden quantities {after}");
    }

    [Fact]
    public void Train_LargestNormOfTheGradient_IsThatOfTheOptions()
    {
        var (rows, _) = Data(40);
        float[] Embedding(double largest) => SelfSupervisedTrainer.Train(rows, Options(SelfSupervision.Reconstruction, 5) with { MaximumGradientNorm = largest }).CreateScorer().Embed(rows[0]).ToArray();
        Assert.NotEqual(Embedding(1), Embedding(1e-9)); // far below the denominator of Adam
    }

    [Fact]
    public void Contrastive_ValidationLoss_Falls()
    {
        var (rows, _) = Data(400);
        var losses = new List<double>();
        SelfSupervisedTrainer.Train(rows, Options(SelfSupervision.Contrastive, 300) with { Progress = new TestKit.Reports(step => losses.Add(step.ValidationLoss!.Value)) });
        Assert.Equal(Math.Log(64), losses[0], 1.5); // the loss of a uniform guess among 64 rows
        Assert.True(losses[^1] < losses[0] - 1, $"{losses[^1]}, first {losses[0]}");
    }

    [Theory]
    [InlineData(SelfSupervision.Contrastive)]
    [InlineData(SelfSupervision.Reconstruction)]
    public void Train_SameSeed_SameBits(SelfSupervision objective)
    {
        var (rows, _) = Data(100);
        float[] Once() => SelfSupervisedTrainer.Train(rows, Options(objective, 20)).CreateScorer().Embed(rows[7]).ToArray();
        Assert.Equal(Once(), Once());
    }

    [Fact]
    public void Train_WhatCannotBeLearnedFrom_SaysWhy()
    {
        var sparse = new SparseFeatureStore(5);
        Assert.Contains("must be dense", Assert.Throws<NotSupportedException>(() => SelfSupervisedTrainer.Train(sparse, new())).Message);
        Assert.Contains("at least four rows of two features; got 3 of 12", Assert.Throws<InvalidOperationException>(() => SelfSupervisedTrainer.Train(Data(3).Rows, new())).Message);
        Assert.Contains("SelfSupervisedOptions.CorruptionRate must be between 0 and 0.95; got 1.", Assert.Throws<ArgumentException>(() => SelfSupervisedTrainer.Train(sparse, new() { CorruptionRate = 1 })).Message);
        Assert.Contains("SelfSupervisedOptions.BatchSize must be at least 2; got 1.", Assert.Throws<ArgumentException>(() => SelfSupervisedTrainer.Train(sparse, new() { BatchSize = 1 })).Message);
    }

    private static SelfSupervisedOptions Options(SelfSupervision objective, int iterations) => new()
    {
        Encoder = s_encoder,
        Objective = objective,
        CorruptionRate = 0.3,
        BatchSize = objective == SelfSupervision.Contrastive ? 64 : 32,
        MaximumNumberOfIterations = iterations,
        LearningRate = 0.005,
        EarlyStopping = null,
        Seed = 1,
    };

    private static (DenseFeatureStore Rows, double[][] Hidden) Data(int count)
    {
        var random = new Random(1);
        var rows = new DenseFeatureStore(12);
        var hidden = new List<double[]>();
        double[][] mixes = [.. Enumerable.Range(0, 12).Select(_ => new[] { NormalRandom.Next(random), NormalRandom.Next(random), NormalRandom.Next(random) })];
        for (int i = 0; i < count; i++)
        {
            double[] h = [NormalRandom.Next(random), NormalRandom.Next(random), NormalRandom.Next(random)];
            hidden.Add(h);
            rows.Add(new FeatureRow([.. mixes.Select(mix => (float)(mix[0] * h[0] + mix[1] * h[1] + mix[2] * h[2] + 0.1 * NormalRandom.Next(random)))]));
        }

        return (rows, [.. hidden]);
    }

    // The mean share of the variance of the latent variables that a linear map of the embedding explains, by ridge regression with a small penalty.
    private static double Explained(MetaModel model, FeatureStore rows, double[][] hidden)
    {
        MetaScorer scorer = model.CreateScorer();
        int d = model.EmbeddingDimension + 1, n = rows.RowCount;
        double[][] z = [.. Enumerable.Range(0, n).Select(i => (double[])[.. scorer.Embed(rows[i]).ToArray().Select(value => (double)value), 1])];
        double explained = 0;
        for (int k = 0; k < 3; k++)
        {
            var normal = new double[d * d];
            var right = new double[d];
            for (int i = 0; i < n; i++)
            {
                for (int a = 0; a < d; a++)
                {
                    right[a] += z[i][a] * hidden[i][k];
                    for (int b = 0; b < d; b++)
                        normal[a * d + b] += z[i][a] * z[i][b];
                }
            }

            for (int a = 0; a < d; a++)
                normal[a * d + a] += 1e-6;
            Cholesky.Solve(normal, d, right, 1);
            double mean = hidden.Average(h => h[k]);
            explained += 1 - Enumerable.Range(0, n).Sum(i => Math.Pow(hidden[i][k] - z[i].Zip(right, (x, w) => x * w).Sum(), 2)) / hidden.Sum(h => Math.Pow(h[k] - mean, 2));
        }

        return explained / 3;
    }
}
