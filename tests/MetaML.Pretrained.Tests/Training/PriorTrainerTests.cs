using MetaML.Pretrained.Network;
using MetaML.PriorFitting.Prior;
using MetaML.PriorFitting.Training;
using MetaML.TestKit;
using TorchSharp;
using Xunit;

namespace MetaML.Pretrained.Tests.Training;

public sealed class PriorTrainerTests
{
    private static readonly TrainingOptions s_options = new()
    {
        Shape = new NetworkShape(Slots: 3, Width: 8, Heads: 2, Layers: 2, Hidden: 8),
        RowsPerStep = 100,
        QueryRows = 8,
        MaximumSupport = 20,
        DecaySteps = 2,
    };

    [Fact]
    public void Run_Interrupted_ContinuesToTheSameBits()
    {
        using var folder = new TemporaryFolder();
        byte[] Train(string name, int steps)
        {
            using var scope = torch.NewDisposeScope();
            var trainer = new PriorTrainer(s_options with { Steps = steps, DecaySteps = 1 }, folder[name]);
            trainer.Run();
            return trainer.Weights().ToBytes();
        }

        byte[] atOnce = Train("once", 6);
        Train("twice", 3); // its last step has the full learning rate, so that it is a step of the longer training too
        Assert.Equal(atOnce, Train("twice", 6));
    }

    [Fact]
    public void Of_SameStep_GivesTheSameTables()
    {
        var source = new BatchSource(s_options);
        Assert.Equal(source.Of(5)[0].Tokens, new BatchSource(s_options).Of(5)[0].Tokens);
        Assert.NotEqual(source.Of(5)[0].Tokens, source.Of(6)[0].Tokens);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(7)]
    public void Draw_ManyTables_AreValidAndMostlyLearnable(int classes)
    {
        var prior = new TablePrior(slots: 16);
        MadeTable[] tables = [.. Enumerable.Range(0, 60).Select(seed => prior.Draw(new Random(seed), classes, support: 30, query: 40))];
        Assert.All(tables, table =>
        {
            Assert.Equal(table.Labels.Length * table.Width, table.Features.Length);
            Assert.DoesNotContain(table.Features, float.IsInfinity);
            Assert.All(table.Labels, label => Assert.True(classes == 0 ? float.IsFinite(label) : label >= 0 && label < classes && label == MathF.Truncate(label)));
            Assert.True(table.Labels.AsSpan(0, 30).ContainsAnyExcept(table.Labels[0]));
        });
        Assert.True(tables.Count(table => Learnability.Gain(table) > 0.03) > 45);
        Assert.Contains(tables, table => table.Features.Any(float.IsNaN));
    }
}
