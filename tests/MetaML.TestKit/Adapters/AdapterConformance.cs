using MetaML.Adapters;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.TestKit;

/// <summary>The tests that every adapter must pass. A new adapter is one row of the table.</summary>
public abstract class AdapterConformance
{
    private const double Tolerance = 1e-6;

    private static readonly (string Name, Func<AdapterOptions> Options, bool ForRegression)[] s_adapters =
    [
        ("prototype", () => new PrototypeAdapterOptions(), false),
        ("prototype, covariances", () => new PrototypeAdapterOptions { UsesCovariances = true }, false),
        ("ridge", () => new RidgeAdapterOptions(), true),
        ("logistic", () => new LogisticAdapterOptions(), false),
        ("Bayesian", () => new BayesianAdapterOptions(), true),
        ("Bayesian, full covariance", () => new BayesianAdapterOptions { Covariance = PriorCovariance.Full, Fit = PriorFit.EmpiricalBayes }, true),
        ("Bayesian, one factor, noise per task", () => new BayesianAdapterOptions { Covariance = PriorCovariance.OneFactor, Noise = PriorNoise.PerTask, Fit = PriorFit.EmpiricalBayes }, true),
        ("Bayesian, Student's t", () => new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.StudentT }, true),
        ("Bayesian, logistic", () => new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic }, false),
        ("Bayesian, logistic, full covariance", () => new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic, Covariance = PriorCovariance.Full, Fit = PriorFit.EmpiricalBayes }, false),
        ("Bayesian, Poisson", () => new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.Poisson }, true),
        ("Bayesian, negative binomial", () => new BayesianAdapterOptions { ValueLikelihood = ValueLikelihood.NegativeBinomial }, true),
        ("head gradient", () => new GradientAdapterOptions { InnerSteps = 3 }, true),
        ("head gradient, fixed rates", () => new GradientAdapterOptions { InnerSteps = 2, LearnedRates = LearnedRates.None, InitialHead = InitialHead.Learned }, true),
        ("head gradient, Meta-SGD, multi-step loss", () => new GradientAdapterOptions { InnerSteps = 2, LearnedRates = LearnedRates.PerParameter, MultiStepLossUntil = 1 }, true),
        ("full gradient", () => new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 2 }, true),
        ("full gradient, Meta-SGD", () => new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 1, LearnedRates = LearnedRates.PerParameter }, true),
        ("full gradient, multi-step loss", () => new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 3, MultiStepLossUntil = 1 }, true),
        ("context", () => new GradientAdapterOptions { Scope = GradientScope.Context, InnerSteps = 2 }, true),
        ("context and head", () => new GradientAdapterOptions { Scope = GradientScope.Context, InnerSteps = 2, AdaptHead = true }, true),
        ("FiLM", () => new GradientAdapterOptions { Scope = GradientScope.Film, InnerSteps = 2 }, true),
        ("FiLM and head, Meta-SGD", () => new GradientAdapterOptions { Scope = GradientScope.Film, InnerSteps = 2, AdaptHead = true, LearnedRates = LearnedRates.PerParameter }, true),
        ("Reptile", () => new GradientAdapterOptions { Scope = GradientScope.All, InnerSteps = 3, LearnedRates = LearnedRates.None, Reptile = true }, true),
    ];

    public static TheoryData<AdapterCase> Cases
    {
        get
        {
            var cases = new TheoryData<AdapterCase>();
            foreach (var (name, options, forRegression) in s_adapters)
            {
                bool isForCounts = options().PredictsCounts(LabelKind.Regression);
                if (!isForCounts)
                {
                    cases.Add(new AdapterCase(name, options(), LabelKind.Binary));
                    cases.Add(new AdapterCase(name, options(), LabelKind.Multiclass));
                    cases.Add(new AdapterCase(name, options(), LabelKind.Multiclass, ClassSets.PerTask));
                }

                if (forRegression)
                    cases.Add(new AdapterCase(name, options(), LabelKind.Regression));
                foreach (LabelKind kind in options().TakesCovariates() ? Enum.GetValues<LabelKind>() : [])
                {
                    if (kind == LabelKind.Regression ? forRegression : !isForCounts)
                        cases.Add(new AdapterCase(name, options(), kind, Covariates: 2));
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Adapt_RaggedBatch_EqualsEachTaskAlone(AdapterCase adapter)
    {
        using var scope = NewDisposeScope();
        TaskSet set = adapter.Tasks();
        Episode[] episodes = adapter.Episodes(set);
        double[,][] batched = ToArray(adapter.Score(AdapterCase.Batch(set, episodes)));
        for (int t = 0; t < episodes.Length; t++)
        {
            double[,][] alone = ToArray(adapter.Score(AdapterCase.Batch(set, episodes[t])));
            for (int row = 0; row < episodes[t].Query.Length; row++)
                AssertClose(alone[0, row], batched[t, row][..alone[0, row].Length], Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Adapt_PermutedSupport_ChangesNothing(AdapterCase adapter)
    {
        using var scope = NewDisposeScope();
        TaskSet set = adapter.Tasks();
        Episode[] episodes = adapter.Episodes(set);
        Episode[] reversed = [.. episodes.Select(e => new Episode(e.Task, [.. e.Support.Reverse()], e.Query, e.Classes))];
        AssertClose(Flat(adapter.Score(AdapterCase.Batch(set, episodes))), Flat(adapter.Score(AdapterCase.Batch(set, reversed))), Tolerance);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Adapt_ExampleWeights_CountRows(AdapterCase adapter)
    {
        using var scope = NewDisposeScope();
        List<TaskRow> rows = adapter.ClassSets == ClassSets.Common ? Some.Tasks(1, 12) : Some.TasksWithOwnClasses(1, 12);
        int[] twice = [0, 3], support = [.. Enumerable.Range(0, 8)], query = [8, 9, 10, 11];
        foreach (int i in twice)
            rows[i].Weight = 2;
        rows[5].Weight = 0;
        TaskSet weighted = adapter.SetOf(rows);
        foreach (TaskRow row in rows)
            row.Weight = 1;
        TaskSet plain = adapter.SetOf(rows);

        var byWeight = new Episode(weighted.Tasks[0], support, query, weighted.Tasks[0].Classes);
        var byRows = new Episode(plain.Tasks[0], [.. support.Where(i => i != 5), .. twice], query, plain.Tasks[0].Classes);
        AssertClose(Flat(adapter.Score(AdapterCase.Batch(plain, byRows))), Flat(adapter.Score(AdapterCase.Batch(weighted, byWeight))), Tolerance);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Adapt_MetaGradient_MatchesFiniteDifferences(AdapterCase adapter)
    {
        if (!adapter.HasExactMetaGradient)
            return; // its outer step is different by definition
        using var scope = NewDisposeScope();
        MetaModelDesign design = adapter.Design;
        TaskSet set = adapter.Tasks();
        EpisodeBatch batch = AdapterCase.Batch(set, adapter.Episodes(set));
        var (encoderValues, adapterValues) = AdapterCase.Values(design);
        ParameterSet encoder = Doubles(design.Encoder.Parameters, encoderValues), learned = Doubles(design.Adapter.Parameters, adapterValues);

        QueryLoss(design, batch, encoder, learned).backward();
        foreach (var (spec, parameter) in design.Encoder.Parameters.Zip(encoder.Tensors).Concat(design.Adapter.Parameters.Zip(learned.Tensors)))
        {
            if (!spec.IsTrained)
                continue;
            double[] gradient = Flat(Assert.IsType<Tensor>(parameter.grad, exactMatch: false));
            double[] analytic = new double[Math.Min(3, gradient.Length)], numeric = new double[analytic.Length];
            for (int i = 0; i < analytic.Length; i++)
            {
                int entry = i * (gradient.Length / analytic.Length);
                analytic[i] = gradient[entry];
                numeric[i] = Slope(parameter, entry, () => QueryLoss(design, batch, encoder, learned).Value());
            }

            AssertClose(numeric, analytic, 2e-5, $"{spec.Name}: ");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Adapt_Managed_EqualsTorch(AdapterCase adapter) => AssertManagedEqualsTorch(adapter.Design, adapter.Tasks());

    /// <summary>Checks that a model adapts to each task in managed code as its adapter does in libtorch.</summary>
    /// <param name="design">The encoder and the adapter.</param>
    /// <param name="set">The tasks.</param>
    /// <param name="tolerance">Of heads that are fitted to convergence or by a linear system. Gradient steps in the encoder must agree to 1e-5.</param>
    internal static void AssertManagedEqualsTorch(MetaModelDesign design, TaskSet set, double tolerance = 2e-4)
    {
        using var scope = NewDisposeScope();
        var (encoder, learned) = AdapterCase.Values(design);
        var model = new MetaModel(design, null, LabelScaling.None, encoder, learned);
        Assert.True(model.AdaptsWithoutTorch);
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(set);
        bool changesEncoder = adapted[0].EncoderParameters is not null; // libtorch differentiates such steps if they are part of training
        tolerance = changesEncoder ? 1e-5 : tolerance;
        foreach (var (task, actual) in set.Tasks.Zip(adapted))
        {
            EpisodeBatch batch = EpisodeBatch.Create(set, [Episode.Adapting(task)]);
            AdaptedTasks torch = AdapterCase.Adapt(design, batch, encoder, learned, isTraining: changesEncoder, dtype: ScalarType.Float32);
            AssertClose(Flat(torch.Weights[0].t()), [.. actual.Head.Weights], tolerance);
            AssertClose(Flat(torch.Bias[0]), [.. actual.Head.Bias], tolerance);
            for (int i = 0; i < encoder.Length; i++)
            {
                ParameterSpec spec = design.Encoder.Parameters[i];
                Tensor expected = torch.EncoderParameters.Tensors[i];
                bool isChanged = expected.dim() > spec.Shape.Length;
                Assert.Equal(isChanged, actual.EncoderParameters is { } parameters && parameters[i] != encoder[i].Values);
                if (!isChanged)
                    continue;
                bool isPartial = expected.shape[1] != spec.Shape[0]; // sparse features: only the weights of active columns step
                AssertClose(Flat(isPartial ? tensor(encoder[i].Values, spec.Shape).index_copy(0, batch.Columns!, expected[0]) : expected[0]), [.. actual.EncoderParameters![i]], tolerance, $"{spec.Name}: ");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Train_RelatedTasks_LowersLossOnNewTasksAndLeavesNoTensors(AdapterCase adapter)
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        TaskSet Tasks(int count, int first) => adapter.SetOf(adapter.ClassSets == ClassSets.Common ? Some.Tasks(count, 40, firstTask: first) : Some.TasksWithOwnClasses(count, 40, firstTask: first));
        double LossAfter(int iterations)
        {
            var options = new MetaTrainingOptions
            {
                Adapter = adapter.Options,
                Encoder = new MlpEncoderOptions { HiddenUnits = [32], EmbeddingDimension = 8, LayerNormalization = adapter.Options is GradientAdapterOptions { Scope: GradientScope.Film } },
                ClassSets = adapter.ClassSets,
                MaximumNumberOfIterations = iterations,
                LearningRate = 0.01,
            };
            return LossOnNewTasks(MetaTrainer.Train(Tasks(20, 0), options), Tasks(8, 100));
        }

        double untrained = LossAfter(0), trained = LossAfter(120);
        Assert.True(trained < 0.95 * untrained, $"trained {trained}, untrained {untrained}");
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    // Adapts to twelve rows of each task, and gives the cross-entropy or squared error of the other rows.
    private static double LossOnNewTasks(MetaModel model, TaskSet set)
    {
        LearningTask[] support = [.. set.Tasks.Select(task => task.Take([.. Enumerable.Range(0, 12)]))];
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(set.With(support));
        MetaScorer scorer = model.CreateScorer();
        var losses = new List<double>();
        for (int t = 0; t < adapted.Count; t++)
        {
            LearningTask task = set.Tasks[t];
            for (int i = 12; i < task.RowCount; i++)
            {
                double[] scores = [.. scorer.Score(adapted[t], set.Features[task.Rows[i]])];
                double label = task.Labels[i];
                int output = adapted[t].Classes.ToList().IndexOf((int)label);
                if (model.Kind == LabelKind.Multiclass && output < 0)
                    continue; // the support has no row of the class
                losses.Add(model.Kind switch
                {
                    LabelKind.Binary => Math.Log(1 + Math.Exp(label > 0 ? -scores[0] : scores[0])),
                    LabelKind.Multiclass => Math.Log(scores.Sum(score => Math.Exp(score - scores[output]))),
                    _ => (scores[0] - label) * (scores[0] - label),
                });
            }
        }

        return losses.Average();
    }

    private static ParameterSet Doubles(IReadOnlyList<ParameterSpec> specs, ParameterArray[] values) =>
        ParameterSet.FromArrays(specs, values, dtype: ScalarType.Float64).Map((_, tensor) => tensor.requires_grad_());

    private static Tensor QueryLoss(MetaModelDesign design, EpisodeBatch batch, ParameterSet encoder, ParameterSet learned) =>
        design.Adapter.Losses(AdaptationInput.Of(batch, design.Encoder, encoder, learned, isTraining: true), batch.Kind, batch.Query).Outer.mean();

    private static double Slope(Tensor parameter, int entry, Func<double> value)
    {
        const double Step = 1e-5;
        Span<double> Data() => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(parameter.bytes);
        double original = Data()[entry];
        Data()[entry] = original + Step;
        double above = value();
        Data()[entry] = original - Step;
        double below = value();
        Data()[entry] = original;
        return (above - below) / (2 * Step);
    }

    private static double[] Flat(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return [.. tensor.detach().to(ScalarType.Float64).contiguous().data<double>()];
    }

    // the number of outputs, for [tasks, rows]
    private static double[,][] ToArray(Tensor scores)
    {
        double[] flat = Flat(scores);
        int tasks = (int)scores.shape[0], rows = (int)scores.shape[1], outputs = (int)scores.shape[2];
        var all = new double[tasks, rows][];
        for (int i = 0; i < tasks * rows; i++)
            all[i / rows, i % rows] = flat[(i * outputs)..((i + 1) * outputs)];
        return all;
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance, string what = "")
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + Math.Abs(expected[i])), $"{what}expected {expected[i]}, got {actual[i]} at {i}");
    }
}
