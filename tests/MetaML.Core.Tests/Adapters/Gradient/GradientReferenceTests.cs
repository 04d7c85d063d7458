using MetaML.Adapters;
using MetaML.Data;
using MetaML.Encoders.Mlp;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.TestKit;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Adapters.Gradient;

/// <summary>The gradient adapters against plain loops over tasks in float64, with gradients by autograd.backward on leaf tensors.</summary>
public sealed class GradientReferenceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Context_MatchesDescentOnFeaturesBesideTheRows(bool adaptHead)
    {
        using var scope = NewDisposeScope();
        var run = new Run(new GradientAdapterOptions { Scope = GradientScope.Context, ContextDimension = 3, InnerSteps = 2, InnerLearningRate = 0.2, LearnedRates = LearnedRates.None, AdaptHead = adaptHead });
        AdaptedTasks adapted = run.Adapt();
        Assert.All(run.Encoder.Names, name => Assert.Equal(run.Encoder[name].dim() + (name == "bias0" ? 1 : 0), adapted.EncoderParameters[name].dim()));

        // The reference: φ concatenated to the features, and C below the first layer's weights.
        Tensor matrix = run.Learned["context_weights"];
        var wide = new MlpEncoder(TaskRow.FeatureCount + 3, AdapterCase.EncoderOptions);
        ParameterSet joined = run.Encoder.Map((name, value) => name == "weight0" ? cat([value, matrix], 0) : value);
        run.AssertScores(adapted, (support, query) =>
        {
            Tensor[] own = adaptHead ? [zeros(3, dtype: ScalarType.Float64), run.Learned["initial_weights"], run.Learned["initial_bias"]] : [zeros(3, dtype: ScalarType.Float64)];
            Tensor Scores(RowBatch rows, Tensor[] values)
            {
                Tensor features = cat([rows.Features, values[0].expand(1, rows.Features.shape[1], 3)], -1);
                return Run.Head(wide.Forward(joined, features), adaptHead ? values[1] : run.Learned["initial_weights"], adaptHead ? values[2] : run.Learned["initial_bias"]);
            }

            own = Run.Descend(own, 2, values => Run.Loss(Scores(support, values), support), (_, _) => 0.2);
            return Scores(query, own);
        });
    }

    [Fact]
    public void Film_MatchesDescentOnScalesAndShifts()
    {
        using var scope = NewDisposeScope();
        var run = new Run(new GradientAdapterOptions { Scope = GradientScope.Film, InnerSteps = 2, InnerLearningRate = 0.1, LearnedRates = LearnedRates.None });
        AdaptedTasks adapted = run.Adapt();
        string[] stepped = ["gain0", "shift0"];
        Assert.All(run.Encoder.Names, name => Assert.Equal(run.Encoder[name].dim() + (stepped.Contains(name) ? 1 : 0), adapted.EncoderParameters[name].dim()));
        run.AssertScores(adapted, (support, query) =>
        {
            Tensor Scores(RowBatch rows, Tensor[] own) => Run.Head(
                run.Design.Encoder.Forward(run.Encoder.Map((name, value) => stepped.Contains(name) ? own[Array.IndexOf(stepped, name)] : value), rows.Features),
                run.Learned["initial_weights"],
                run.Learned["initial_bias"]);
            Tensor[] own = Run.Descend([run.Encoder["gain0"], run.Encoder["shift0"]], 2, values => Run.Loss(Scores(support, values), support), (_, _) => 0.1);
            return Scores(query, own);
        });
    }

    [Theory]
    [InlineData(GradientScope.All, 1e9)]
    [InlineData(GradientScope.All, 0.05)]
    [InlineData(GradientScope.Head, 1e9)]
    [InlineData(GradientScope.Head, 0.05)]
    public void PerParameterRates_MatchDescentWithEachItsOwn(GradientScope scopeOfSteps, double largestNorm)
    {
        using var scope = NewDisposeScope();
        var run = new Run(new GradientAdapterOptions { Scope = scopeOfSteps, InnerSteps = 2, InnerLearningRate = 0.1, LearnedRates = LearnedRates.PerParameter, MaximumInnerGradientNorm = largestNorm });
        string[] names = scopeOfSteps == GradientScope.All ? [.. run.Encoder.Names, "initial_weights", "initial_bias"] : ["initial_weights", "initial_bias"];
        run.AssertScores(run.Adapt(), (support, query) =>
        {
            Tensor Value(string name, Tensor[] own) => names.Contains(name) ? own[Array.IndexOf(names, name)] : run.Encoder[name];
            Tensor Scores(RowBatch rows, Tensor[] own) => Run.Head(
                run.Design.Encoder.Forward(run.Encoder.Map((name, _) => Value(name, own)), rows.Features), Value("initial_weights", own), Value("initial_bias", own));
            Tensor[] start = [.. names.Select(name => run.Encoder.Contains(name) ? run.Encoder[name] : run.Learned[name])];
            Tensor[] own = Run.Descend(start, 2, values => Run.Loss(Scores(support, values), support), (_, i) => run.Learned["inner_rate_factor_" + names[i]].Times(0.1), largestNorm);
            return Scores(query, own);
        });
    }

    [Theory]
    [InlineData(GradientScope.Head)]
    [InlineData(GradientScope.All)]
    [InlineData(GradientScope.Context)]
    [InlineData(GradientScope.Film)]
    public void LearnedRates_EqualAtFirst_AllMatchFixedOnes(GradientScope scopeOfSteps)
    {
        using var scope = NewDisposeScope();
        double[] Scores(LearnedRates rates)
        {
            var run = new Run(new GradientAdapterOptions { Scope = scopeOfSteps, LearnedRates = rates, InnerSteps = 2 }, areFirstValues: true);
            return Doubles(run.Adapt().Score(run.Design.Encoder, run.Batch.Query.Features));
        }

        double[] expected = Scores(LearnedRates.None);
        Assert.All(new[] { LearnedRates.PerStepAndTensor, LearnedRates.PerParameter }, rates => Assert.All(expected.Zip(Scores(rates)), pair => Assert.Equal(pair.First, pair.Second, 1e-12)));
    }

    [Theory]
    [InlineData(GradientScope.Head)]
    [InlineData(GradientScope.All)]
    public void MultiStepLoss_WeighsTheQueryLossAfterEachStep(GradientScope scopeOfSteps)
    {
        using var scope = NewDisposeScope();
        var options = new GradientAdapterOptions { Scope = scopeOfSteps, InnerSteps = 3, LearnedRates = LearnedRates.None };
        double[] LossAfter(int steps) => Doubles(new Run(options with { InnerSteps = steps }).OuterLoss());
        double[][] after = [LossAfter(1), LossAfter(2), LossAfter(3)];
        foreach (var (progress, earlier) in new[] { (0, 1 / 3.0), (0.2, 1 / 6.0), (0.4, 0), (0.9, 0) })
        {
            double[] loss = Doubles(new Run(options with { MultiStepLossUntil = 0.4 }).OuterLoss(progress));
            for (int t = 0; t < loss.Length; t++)
                Assert.Equal(earlier * after[0][t] + earlier * after[1][t] + (1 - 2 * earlier) * after[2][t], loss[t], 1e-12);
        }
    }

    [Fact]
    public void FirstOrderUntil_SwitchesToTheExactGradient()
    {
        using var scope = NewDisposeScope();
        var options = new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 2, InnerLearningRate = 0.1, LearnedRates = LearnedRates.None };
        double[] Gradient(double until, double progress)
        {
            var run = new Run(options with { FirstOrderUntil = until });
            run.OuterLoss(progress).mean().backward();
            return Doubles(run.Encoder["weight0"].grad!);
        }

        double[] exact = Gradient(0, 0), first = Gradient(1, 0);
        Assert.Equal(first, Gradient(0.5, 0.49));
        Assert.Equal(exact, Gradient(0.5, 0.5));
        Assert.Contains(exact.Zip(first), pair => Math.Abs(pair.First - pair.Second) > 1e-4);

        // The reference of the first-order gradient: each task's query gradient at the end of its inner steps.
        var run = new Run(options);
        var sum = zeros_like(run.Encoder["weight0"]).detach();
        foreach (EpisodeBatch one in run.Alone())
        {
            Tensor[] end = Run.Descend(run.Start(), 2, own => Run.Loss(run.Scores(one.Support, own), one.Support), (_, _) => 0.1);
            Tensor[] leaves = Array.ConvertAll(end, value => value.detach().requires_grad_());
            Run.Loss(run.Scores(one.Query, leaves), one.Query).backward();
            sum = sum.Plus(leaves[0].grad!);
        }

        Assert.All(Doubles(sum.Times(1.0 / run.Batch.TaskCount)).Zip(first), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    [Fact]
    public void Reptile_OuterGradient_IsMeanWayBackFromWhereTheStepsLed()
    {
        using var scope = NewDisposeScope();
        var run = new Run(new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 3, InnerLearningRate = 0.1, LearnedRates = LearnedRates.None, Reptile = true });
        run.OuterLoss().mean().backward();
        Tensor[] start = run.Start(), sum = Array.ConvertAll(start, value => zeros_like(value).detach());
        foreach (EpisodeBatch one in run.Alone())
        {
            Tensor[] end = Run.Descend(start, 3, own => Run.Loss(run.Scores(one.Support, own), one.Support), (_, _) => 0.1);
            sum = [.. sum.Zip(start.Zip(end), (total, way) => total.Plus(way.First.detach() - way.Second))];
        }

        for (int i = 0; i < start.Length; i++)
            Assert.All(Doubles(sum[i].Times(1.0 / run.Batch.TaskCount)).Zip(Doubles(start[i].grad!)), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    [Fact]
    public void Adapt_StepsThatOverflowInTraining_NamesTheRate()
    {
        using var scope = NewDisposeScope();
        var run = new Run(new GradientAdapterOptions { InnerSteps = 500, InnerLearningRate = 1000, MaximumInnerGradientNorm = double.MaxValue });
        Assert.Contains("GradientAdapterOptions.InnerLearningRate must be small enough", Assert.Throws<InvalidOperationException>(() => run.Adapt(isTraining: true)).Message);
    }

    [Fact]
    public void Adapt_RateFarTooLarge_StaysFiniteByTheNorm()
    {
        using var scope = NewDisposeScope();
        var run = new Run(new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 50, InnerLearningRate = 100 });
        Assert.All(Doubles(run.Adapt(isTraining: true).Score(run.Design.Encoder, run.Batch.Query.Features)), score => Assert.True(double.IsFinite(score)));
    }

    private static double[] Doubles(Tensor tensor) => [.. tensor.detach().contiguous().data<double>()];

    // Four regression tasks, an adapter, and the values to differentiate by.
    private sealed class Run
    {
        private readonly TaskSet _set;
        private readonly Episode[] _episodes;

        public Run(GradientAdapterOptions options, bool areFirstValues = false)
        {
            var adapter = new AdapterCase("gradient", options, LabelKind.Regression);
            Design = adapter.Design;
            _set = adapter.Tasks();
            _episodes = adapter.Episodes(_set);
            foreach (LearningTask task in _set.Tasks)
            {
                for (int i = 0; i < task.RowCount; i++)
                    task.Labels[i] = (task.Labels[i] - 100) / 20; // approximately standardised, as in training
            }

            Batch = AdapterCase.Batch(_set, _episodes);
            var (encoder, learned) = AdapterCase.Values(Design);
            if (areFirstValues)
                learned = ParameterArray.Initialize(Design.Adapter.Parameters, new Random(3));
            Encoder = Leaves(Design.Encoder.Parameters, encoder);
            Learned = Leaves(Design.Adapter.Parameters, learned);
        }

        public MetaModelDesign Design { get; }

        public EpisodeBatch Batch { get; }

        public ParameterSet Encoder { get; }

        public ParameterSet Learned { get; }

        public AdaptedTasks Adapt(bool isTraining = false, double progress = 0) =>
            Design.Adapter.Adapt(AdaptationInput.Of(Batch, Design.Encoder, Encoder, Learned, isTraining, progress: progress));

        // The outer loss [tasks].
        public Tensor OuterLoss(double progress = 0)
        {
            AdaptedTasks adapted = Adapt(isTraining: true, progress);
            Tensor LossOf(AdaptedTasks tasks) => LabelLoss.PerTask(Batch.Kind, tasks.Score(Design.Encoder, Batch.Query.Features), Batch.Query, Batch.ClassMask);
            return adapted.OuterLoss(LossOf(adapted), LossOf);
        }

        public IEnumerable<EpisodeBatch> Alone() => _episodes.Select(episode => AdapterCase.Batch(_set, episode));

        // The encoder and the head, which MAML changes.
        public Tensor[] Start() => [.. Encoder.Tensors, Learned["initial_weights"], Learned["initial_bias"]];

        public Tensor Scores(RowBatch rows, Tensor[] own) =>
            Head(Design.Encoder.Forward(new ParameterSet(Encoder.Names.Select((name, i) => (name, own[i]))), rows.Features), own[^2], own[^1]);

        public void AssertScores(AdaptedTasks adapted, Func<RowBatch, RowBatch, Tensor> scoresOf)
        {
            Tensor scores = adapted.Score(Design.Encoder, Batch.Query.Features);
            foreach (var (one, t) in Alone().Select((one, t) => (one, t)))
                Assert.Equal(0, (scoresOf(one.Support, one.Query) - scores[t].narrow(0, 0, _episodes[t].Query.Length).squeeze(-1)).abs().max().Value(), 1e-9);
        }

        // The scores [rows] of one task's embeddings [1, rows, embedding].
        public static Tensor Head(Tensor embeddings, Tensor weights, Tensor bias) => embeddings.squeeze(0).mm(weights).Plus(bias).squeeze(-1);

        public static Tensor Loss(Tensor scores, RowBatch rows) => (scores - rows.Labels.squeeze(0)).Squared().mean();

        // Plain gradient descent with a limit on the norm over all tensors. Rates differ by step and tensor, and are numbers or tensors.
        public static Tensor[] Descend(Tensor[] start, int steps, Func<Tensor[], Tensor> loss, Func<int, int, object> rate, double largestNorm = double.PositiveInfinity)
        {
            Tensor[] values = Array.ConvertAll(start, value => value.detach());
            for (int step = 0; step < steps; step++)
            {
                Tensor[] leaves = Array.ConvertAll(values, value => value.detach().requires_grad_());
                loss(leaves).backward();
                double norm = Math.Sqrt(leaves.Sum(leaf => Doubles(leaf.grad!).Sum(g => g * g)));
                double factor = Math.Min(1, largestNorm / norm);
                values = [.. leaves.Select((leaf, i) => leaf.detach() - (rate(step, i) is Tensor each ? leaf.grad!.Times(factor) * each.detach() : leaf.grad!.Times(factor * (double)rate(step, i))))];
            }

            return values;
        }

        private static ParameterSet Leaves(IReadOnlyList<ParameterSpec> specs, ParameterArray[] values) =>
            ParameterSet.FromArrays(specs, values, dtype: ScalarType.Float64).Map((_, value) => value.requires_grad_());
    }
}
