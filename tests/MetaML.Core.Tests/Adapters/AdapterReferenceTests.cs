using MetaML.Adapters;
using MetaML.Adapters.ClosedForm;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.TestKit;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Adapters;

/// <summary>Each adapter against an independent computation.</summary>
public sealed class AdapterReferenceTests
{
    [Fact]
    public void Prototype_TwoClasses_MatchesHandComputation()
    {
        // Prototypes (1, 0) of label 0 and (0, 2) of label 1; temperature 1, offset 0.5: s = −‖z − (0, 2)‖² + ‖z − (1, 0)‖² + 0.5 = −2 z₀ + 4 z₁ − 2.5.
        var adapter = new PrototypeAdapter(new HeadShape(LabelKind.Binary, 2, 1));
        LinearHead head = adapter.Adapt([[0], new float[4], [0.5f]], new EmbeddedTask(new float[] { 2, 0, 0, 0, 0, 2 }, 2, [0, 0, 1], [1, 1, 1], 1));
        Assert.Equal([-2, 4], head.Weights);
        Assert.Equal([-2.5f], head.Bias);
    }

    [Fact]
    public void Prototype_ClassAbsentFromSupport_UsesTheOneOfAllTasks()
    {
        var adapter = new PrototypeAdapter(new HeadShape(LabelKind.Multiclass, 2, 2));
        ParameterArray[] parameters = [new("log_temperature", [0]), new("pooled_prototypes", new float[4])];
        adapter.CompletePrior(parameters,
        [
            new EmbeddedTask(new float[] { 1, 1, 4, 0 }, 2, [0, 1], [1, 1], 2),
            new EmbeddedTask(new float[] { 2, 2 }, 2, [1], [2], 2), // with weight 2
        ]);
        Assert.Equal([1, 1, 8 / 3f, 4 / 3f], parameters[1].Values);

        LinearHead head = adapter.Adapt([.. parameters.Select(p => p.Values)], new EmbeddedTask(new float[] { 5, 0 }, 2, [0], [1], 2));
        Assert.Equal([10, 0, 16 / 3f, 8 / 3f], head.Weights);
        Assert.Equal(-25, head.Bias[0]);
    }

    [Theory]
    [InlineData(3)] // fewer rows than unknowns: the Woodbury form
    [InlineData(12)] // more: the primal form
    public void Ridge_WithPrior_MatchesDirectSolve(int rows)
    {
        const int Dimension = 4;
        var random = new Random(rows);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(2 * random.NextDouble() - 1))];
        float[] z = Draw(rows * Dimension), labels = Draw(rows), prior = Draw(Dimension + 1), weights = [.. Draw(rows).Select(MathF.Abs)];
        double penalty = 0.7, interceptPenalty = 0.2;
        var adapter = new RidgeAdapter(new HeadShape(LabelKind.Regression, Dimension, 1), new RidgeAdapterOptions());

        LinearHead head = adapter.Adapt([[(float)Math.Log(penalty)], [(float)Math.Log(interceptPenalty)], prior], new EmbeddedTask(z, z.Length / labels.Length, labels, weights, 1));

        // (Z̃ᵀSZ̃ + Λ) w = Z̃ᵀSy + Λw₀
        using var scope = NewDisposeScope();
        var left = new double[Dimension + 1, Dimension + 1];
        var right = new double[Dimension + 1];
        double Entry(int row, int j) => j < Dimension ? z[row * Dimension + j] : 1;
        for (int i = 0; i <= Dimension; i++)
        {
            double lambda = i < Dimension ? penalty : interceptPenalty;
            left[i, i] += lambda;
            right[i] += lambda * prior[i];
            for (int row = 0; row < rows; row++)
            {
                right[i] += Entry(row, i) * weights[row] * labels[row];
                for (int j = 0; j <= Dimension; j++)
                    left[i, j] += Entry(row, i) * weights[row] * Entry(row, j);
            }
        }

        double[] expected = [.. linalg.solve(tensor(left), tensor(right)).data<double>()];
        float[] actual = [.. head.Weights, .. head.Bias];
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5);
    }

    [Fact]
    public void Maml_ZeroInnerRate_EqualsUnadaptedModel()
    {
        using var scope = NewDisposeScope();
        var zero = new AdapterCase("none", new GradientAdapterOptions { Scope = GradientScope.All, InnerLearningRate = 0 }, LabelKind.Binary);
        TaskSet set = zero.Tasks();
        EpisodeBatch batch = EpisodeBatch.Create(set, zero.Episodes(set), dtype: ScalarType.Float64);
        EpisodeBatch unadapted = EpisodeBatch.Create(set, [.. zero.Episodes(set).Select(e => new Episode(e.Task, [], e.Query, e.Classes))], dtype: ScalarType.Float64);
        Assert.Equal(0, (zero.Score(batch) - zero.Score(unadapted)).abs().max().Value());
    }

    [Fact]
    public void Maml_TwoSteps_MatchesPerTaskDescent()
    {
        // The reference: one task at a time, with gradients by autograd.backward on leaf tensors.
        using var scope = NewDisposeScope();
        var options = new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 2, InnerLearningRate = 0.01, MaximumInnerGradientNorm = 1e9, LearnedRates = LearnedRates.None };
        var maml = new AdapterCase("maml", options, LabelKind.Regression);
        MetaModelDesign design = maml.Design;
        TaskSet set = maml.Tasks();
        Episode[] episodes = maml.Episodes(set);
        EpisodeBatch batch = EpisodeBatch.Create(set, episodes, dtype: ScalarType.Float64);
        Tensor scores = maml.Score(batch);
        var (encoderValues, headValues) = AdapterCase.Values(design);
        for (int t = 0; t < episodes.Length; t++)
        {
            EpisodeBatch one = EpisodeBatch.Create(set, [episodes[t]], dtype: ScalarType.Float64);
            ParameterSet encoder = ParameterSet.FromArrays(design.Encoder.Parameters, encoderValues, dtype: ScalarType.Float64);
            ParameterSet head = ParameterSet.FromArrays(design.Adapter.Parameters, headValues, dtype: ScalarType.Float64);
            Tensor Score(RowBatch rows) => design.Encoder.Forward(encoder, rows.Features).squeeze(0).mm(head.Tensors[0]).Plus(head.Tensors[1]).squeeze(-1);
            for (int step = 0; step < 2; step++)
            {
                encoder = encoder.Map((_, value) => value.detach().requires_grad_());
                head = head.Map((_, value) => value.detach().requires_grad_());
                (Score(one.Support) - one.Support.Labels.squeeze(0)).Squared().mean().backward();
                ParameterSet Step(ParameterSet set) => set.Map((_, value) => value.detach() - value.grad!.Times(0.01));
                (encoder, head) = (Step(encoder), Step(head));
            }

            int rows = episodes[t].Query.Length;
            Assert.Equal(0, (Score(one.Query).squeeze(0) - scores[t].narrow(0, 0, rows).squeeze(-1)).abs().max().Value(), 1e-9);
        }
    }

    [Fact]
    public void FirstOrder_SameAdaptation_OtherMetaGradient()
    {
        using var scope = NewDisposeScope();
        (double[] Scores, double[] Gradient) Run(double firstOrderUntil)
        {
            var gradient = new AdapterCase("maml", new GradientAdapterOptions { Scope = GradientScope.All, FirstOrderUntil = firstOrderUntil, InnerLearningRate = 0.1 }, LabelKind.Binary);
            MetaModelDesign design = gradient.Design;
            TaskSet set = gradient.Tasks();
            EpisodeBatch batch = EpisodeBatch.Create(set, gradient.Episodes(set), dtype: ScalarType.Float64);
            var (encoderValues, headValues) = AdapterCase.Values(design);
            ParameterSet encoder = ParameterSet.FromArrays(design.Encoder.Parameters, encoderValues, dtype: ScalarType.Float64).Map((_, value) => value.requires_grad_());
            ParameterSet head = ParameterSet.FromArrays(design.Adapter.Parameters, headValues, dtype: ScalarType.Float64).Map((_, value) => value.requires_grad_());
            Tensor scores = design.Adapter.Adapt(AdaptationInput.Of(batch, design.Encoder, encoder, head, isTraining: true)).Score(design.Encoder, batch.Query.Features);
            LabelLoss.PerTask(batch.Kind, scores, batch.Query, batch.ClassMask).mean().backward();
            return ([.. scores.detach().contiguous().data<double>()], [.. encoder.Tensors[0].grad!.contiguous().data<double>()]);
        }

        var exact = Run(0);
        var first = Run(1);
        Assert.Equal(exact.Scores, first.Scores);
        Assert.NotEqual(exact.Gradient, first.Gradient);
    }
}
