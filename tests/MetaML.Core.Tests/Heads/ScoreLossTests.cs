using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Parameters;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Heads;

public sealed class ScoreLossTests
{
    [Theory]
    [InlineData(LabelKind.Regression, 1)]
    [InlineData(LabelKind.Binary, 1)]
    [InlineData(LabelKind.Multiclass, 3)]
    public void Of_EveryRow_MatchesTheLossInLibtorch(LabelKind kind, int outputs)
    {
        const int Rows = 9;
        var random = new Random(4);
        float[] scores = [.. Enumerable.Range(0, Rows * outputs).Select(_ => 40 * random.NextSingle() - 20)];
        float[] labels = [.. Enumerable.Range(0, Rows).Select(i => kind == LabelKind.Regression ? 3 * random.NextSingle() : i % Math.Max(2, outputs))];
        using var scope = NewDisposeScope();
        var rows = new RowBatch(zeros(Rows, 1, 1), tensor(labels, [Rows, 1]), ones(Rows, 1)); // each row is a task
        double[] expected = [.. ParameterSet.ToArray(LabelLoss.PerTask(kind, tensor(scores, [Rows, 1, outputs]), rows, ones(Rows, outputs)))];
        for (int row = 0; row < Rows; row++)
            Assert.Equal(expected[row], ScoreLoss.Of(kind, scores.AsSpan(row * outputs, outputs), labels[row]), 1e-5 * (1 + expected[row]));
    }
}
