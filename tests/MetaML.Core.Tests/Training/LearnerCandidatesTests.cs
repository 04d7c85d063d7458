using MetaML.Data;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;
using static MetaML.Core.Tests.Training.LearnerChoiceTests;

namespace MetaML.Core.Tests.Training;

public sealed class LearnerCandidatesTests
{
    [Theory]
    [InlineData(ValueLikelihood.Gaussian, true)]
    [InlineData(ValueLikelihood.StudentT, true)]
    [InlineData(ValueLikelihood.Poisson, false)] // the kernel is fitted to labels, and a count depends on the exponential of its features
    public void Of_BayesianAdapter_TheKernelTooUnlessLabelsAreCounts(ValueLikelihood likelihood, bool expected)
    {
        MetaTrainingOptions[] candidates = LearnerCandidates.Of([Tasks((x, slope) => x[0])], new MetaTrainingOptions { Adapter = new BayesianAdapterOptions { ValueLikelihood = likelihood } });
        Assert.Equal(expected, candidates.Any(candidate => candidate.Encoder is KernelEncoderOptions));
        Assert.IsType<IdentityEncoderOptions>(candidates[0].Encoder);
        Assert.All(candidates, candidate => Assert.Equal(likelihood, ((BayesianAdapterOptions)candidate.Adapter!).ValueLikelihood));
    }

    [Fact]
    public void Of_WhatTheUserSet_Stays()
    {
        TaskSet[] set = [Tasks((x, slope) => x[0])];
        MetaTrainingOptions[] adapterGiven = LearnerCandidates.Of(set, new MetaTrainingOptions { Adapter = new GradientAdapterOptions() });
        Assert.All(adapterGiven, candidate => Assert.IsType<GradientAdapterOptions>(candidate.Adapter));
        Assert.Equal([typeof(IdentityEncoderOptions), typeof(MlpEncoderOptions), typeof(MlpEncoderOptions)], adapterGiven.Select(candidate => candidate.Encoder!.GetType()));
        MetaTrainingOptions encoderGiven = Assert.Single(LearnerCandidates.Of(set, new MetaTrainingOptions { Encoder = new IdentityEncoderOptions() }));
        Assert.IsType<BayesianAdapterOptions>(encoderGiven.Adapter);
        Assert.IsType<PrototypeAdapterOptions>(Assert.Single(LearnerCandidates.Of([CoreData.Of(Some.Tasks(), LabelKind.Binary)], new MetaTrainingOptions { Encoder = new ConvolutionalEncoderOptions() })).Adapter);
    }

    [Fact]
    public void Of_StepsInsideTheEncoder_StartWithALinearNetwork()
    {
        var options = new MetaTrainingOptions { Adapter = new GradientAdapterOptions { Scope = GradientScope.All } };
        MetaTrainingOptions[] candidates = LearnerCandidates.Of([Tasks((x, slope) => x[0])], options);
        Assert.Equal([0, 2, 2], candidates.Select(candidate => Assert.IsType<MlpEncoderOptions>(candidate.Encoder).HiddenUnits.Length));
    }

    [Theory]
    [InlineData(LabelKind.Binary, false, 5)]
    [InlineData(LabelKind.Binary, true, 1)] // the covariance of its prior would be too large
    [InlineData(LabelKind.Regression, false, 1)] // scores have deviations
    public void Of_ManyDenseFeatures_ForClassesTheFeaturesThemselvesToo(LabelKind kind, bool isBayesian, int expected)
    {
        var store = new DenseFeatureStore(384);
        var builder = new TaskSetBuilder(kind, store);
        for (int i = 0; i < 40; i++)
            builder.Add($"t{i % 4}", store.Add(new FeatureRow([.. Enumerable.Range(0, 384).Select(j => (float)((i * j) % 7))])), i / 4 % 2);
        MetaTrainingOptions[] candidates = LearnerCandidates.Of([builder.Build()], new MetaTrainingOptions { Adapter = isBayesian ? new BayesianAdapterOptions() : null });
        Assert.Equal(expected, candidates.Length);
        Assert.Equal(expected > 1, candidates[0].Encoder is IdentityEncoderOptions);
        Assert.Equal(expected > 1, candidates.Any(candidate => candidate is { Encoder: ProjectionEncoderOptions, Adapter: PrototypeAdapterOptions }));
    }

    [Fact]
    public void Of_AdapterAndTaskWeights_AreOneNetwork()
    {
        var options = new MetaTrainingOptions { Adapter = new RidgeAdapterOptions(), TaskWeighting = new UncertaintyWeightingOptions() };
        Assert.IsType<MlpEncoderOptions>(Assert.Single(LearnerCandidates.Of([Tasks((x, slope) => x[0])], options)).Encoder);
    }

    [Fact]
    public void Of_Classes_LogisticGaussianAndNetworks()
    {
        TaskSet classes = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        MetaTrainingOptions[] candidates = LearnerCandidates.Of([classes], new MetaTrainingOptions());
        Assert.Equal(5, candidates.Length);
        Assert.Equal(ClassLikelihood.Logistic, Assert.IsType<BayesianAdapterOptions>(candidates[0].Adapter).ClassLikelihood);
        Assert.Equal(ClassLikelihood.Gaussian, Assert.IsType<BayesianAdapterOptions>(candidates[1].Adapter).ClassLikelihood);
        Assert.IsType<KernelEncoderOptions>(candidates[2].Encoder);
        Assert.Equal(ClassLikelihood.Logistic, Assert.IsType<BayesianAdapterOptions>(candidates[2].Adapter).ClassLikelihood);
        Assert.True(Assert.IsType<MlpEncoderOptions>(candidates[3].Encoder).LinearPath);
        Assert.False(Assert.IsType<MlpEncoderOptions>(candidates[4].Encoder).LinearPath);
        Assert.Equal(5, LearnerCandidates.Of([Tasks((x, slope) => x[0])], new MetaTrainingOptions()).Length);
        Assert.All(candidates[..2], candidate => Assert.IsType<IdentityEncoderOptions>(candidate.Encoder));
    }

    [Fact]
    public void Of_ClassesOfVeryManyRows_LeaveTheLogisticLikelihoodOut()
    {
        var store = new DenseFeatureStore(150);
        var builder = new TaskSetBuilder(LabelKind.Binary, store);
        int row = store.Add(new FeatureRow(new float[150])); // shared by all tasks
        for (int i = 0; i < 5000; i++)
            builder.Add($"t{i % 50}", row, i / 50 % 2);
        var reasons = new List<string>();
        MetaTrainingOptions[] candidates = LearnerCandidates.Of([builder.Build()], new MetaTrainingOptions(), reasons.Add);
        Assert.Equal(3, candidates.Length);
        Assert.Contains(reasons, reason => reason.Contains("a logistic one would take long", StringComparison.Ordinal));
    }

    [Fact]
    public void Of_SparseFeatures_AreLinearForClassesAndANetworkOtherwise()
    {
        TaskSet sparse = CoreData.Of(Some.Tasks(), LabelKind.Binary, sparse: true);
        MetaTrainingOptions[] candidates = LearnerCandidates.Of([sparse], new MetaTrainingOptions());
        Assert.Equal([0, 128], candidates.Select(candidate => Assert.IsType<SparseEncoderOptions>(candidate.Encoder).StructureDimension));
        Assert.All(candidates, candidate => Assert.IsType<RidgeAdapterOptions>(candidate.Adapter));
        Assert.IsType<MlpEncoderOptions>(Assert.Single(LearnerCandidates.Of([sparse], new MetaTrainingOptions { Adapter = new GradientAdapterOptions() })).Encoder);
        TaskSet values = CoreData.Of(Some.Tasks(), LabelKind.Regression, sparse: true);
        Assert.IsType<MlpEncoderOptions>(Assert.Single(LearnerCandidates.Of([values], new MetaTrainingOptions())).Encoder);
    }

    [Fact]
    public void Of_DrawnClasses_NeedANetwork()
    {
        TaskSet classes = CoreData.Of(Some.TasksWithOwnClasses(), LabelKind.Multiclass);
        Assert.IsType<MlpEncoderOptions>(Assert.Single(LearnerCandidates.Of([classes], new MetaTrainingOptions { Episodes = new EpisodeOptions { Ways = 2 } })).Encoder);
    }
}
