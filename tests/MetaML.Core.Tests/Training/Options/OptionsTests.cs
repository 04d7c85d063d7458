using Xunit;

namespace MetaML.Core.Tests.Training.Options;

public sealed class OptionsTests
{
    public static TheoryData<string, MetaTrainingOptions> OutOfRange => new()
    {
        { "MetaTrainingOptions.MaximumNumberOfIterations must be at least 0; got -1.", new() { MaximumNumberOfIterations = -1 } },
        { "MetaTrainingOptions.MaximumTrainingTime must be positive, or null for no limit; got 00:00:00.", new() { MaximumTrainingTime = TimeSpan.Zero } },
        { "MetaTrainingOptions.LearningRate must be positive and finite; got 0.", new() { LearningRate = 0 } },
        { "MetaTrainingOptions.LearningRate must be positive and finite; got NaN.", new() { LearningRate = double.NaN } },
        { "MetaTrainingOptions.MaximumGradientNorm must be positive and finite; got -1.", new() { MaximumGradientNorm = -1 } },
        { "MetaTrainingOptions.ValidationFraction must be between 0 and 0.5; got 0.6.", new() { ValidationFraction = 0.6 } },
        { "MetaTrainingOptions.ClassSets must be one of Auto, Common, PerTask; got 7.", new() { ClassSets = (ClassSets)7 } },
        { "MetaTrainingOptions.NumberOfThreads must be at least 1; got 0.", new() { NumberOfThreads = 0 } },
        { "MetaTrainingOptions.Episodes must be set; got null.", new() { Episodes = null! } },
        { "MlpEncoderOptions.EmbeddingDimension must be", new() { Encoder = new MlpEncoderOptions { EmbeddingDimension = 0 } } },
        { "MlpEncoderOptions.HiddenUnits must be", new() { Encoder = new MlpEncoderOptions { HiddenUnits = [8, 0] } } },
        { "MlpEncoderOptions.Dropout must be", new() { Encoder = new MlpEncoderOptions { Dropout = 1 } } },
        { "MlpEncoderOptions.Activation must be one of", new() { Encoder = new MlpEncoderOptions { Activation = (Activation)9 } } },
        { "RidgeAdapterOptions.InitialPenalty must be positive", new() { Adapter = new RidgeAdapterOptions { InitialPenalty = 0 } } },
        { "LogisticAdapterOptions.InitialPenalty must be positive", new() { Adapter = new LogisticAdapterOptions { InitialPenalty = -1 } } },
        { "MetaTrainingOptions.Objective must be one of Meta, Joint; got 4.", new() { Objective = (TrainingObjective)4 } },
        { "MetaTrainingOptions.AdapterIterations must be at least 0; got -1.", new() { Objective = TrainingObjective.Joint, AdapterIterations = -1 } },
        { "MetaTrainingOptions.AdapterIterations must be null unless Objective is Joint; got 5. Otherwise encoder and adapter are trained together. Leave it unset, or set Objective to Joint.", new() { AdapterIterations = 5 } },
        { "PretrainedEncoderOptions.Model must be set; got null.", new() { Encoder = new PretrainedEncoderOptions() } },
        { "GradientAdapterOptions.InnerSteps must be at least 1; got 0.", new() { Adapter = new GradientAdapterOptions { InnerSteps = 0 } } },
        { "GradientAdapterOptions.InnerLearningRate must be between", new() { Adapter = new GradientAdapterOptions { InnerLearningRate = -0.1 } } },
        { "GradientAdapterOptions.LearnedRates must be one of None, PerStepAndTensor, PerParameter; got 5.", new() { Adapter = new GradientAdapterOptions { LearnedRates = (LearnedRates)5 } } },
        { "GradientAdapterOptions.ContextDimension must be between 1 and 65536; got 0.", new() { Adapter = new GradientAdapterOptions { ContextDimension = 0 } } },
        { "GradientAdapterOptions.MaximumInnerGradientNorm must be positive and finite; got 0.", new() { Adapter = new GradientAdapterOptions { MaximumInnerGradientNorm = 0 } } },
        { "GradientAdapterOptions.FirstOrderUntil must be between 0 and 1; got 1.5.", new() { Adapter = new GradientAdapterOptions { FirstOrderUntil = 1.5 } } },
        { "GradientAdapterOptions.MultiStepLossUntil must be between 0 and 1; got -0.1.", new() { Adapter = new GradientAdapterOptions { MultiStepLossUntil = -0.1 } } },
        { "GradientAdapterOptions.Scope must be All with Reptile; got Head.", new() { Adapter = new GradientAdapterOptions { Reptile = true } } },
        { "GradientAdapterOptions.LearnedRates must be None with Reptile; got PerStepAndTensor.", new() { Adapter = new GradientAdapterOptions { Reptile = true, Scope = GradientScope.All } } },
        { "GradientAdapterOptions.InitialHead must be Auto or Learned with Reptile; got Prototype.", new() { Adapter = new GradientAdapterOptions { Reptile = true, Scope = GradientScope.All, LearnedRates = LearnedRates.None, InitialHead = InitialHead.Prototype } } },
        { "GradientAdapterOptions.MultiStepLossUntil must be 0 with Reptile; got 1.", new() { Adapter = new GradientAdapterOptions { Reptile = true, Scope = GradientScope.All, LearnedRates = LearnedRates.None, MultiStepLossUntil = 1 } } },
        { "GradientAdapterOptions.Scope must be Head for an encoder without layers; got Context.", new() { Adapter = new GradientAdapterOptions { Scope = GradientScope.Context }, Encoder = new IdentityEncoderOptions() } },
        { "GradientAdapterOptions.Scope must be Head, All or Context for an encoder without normalised hidden layers; got Film.", new() { Adapter = new GradientAdapterOptions { Scope = GradientScope.Film }, Encoder = new MlpEncoderOptions() } },
        { "GradientAdapterOptions.Scope must be Head, All or Context for an encoder without normalised hidden layers; got Film.", new() { Adapter = new GradientAdapterOptions { Scope = GradientScope.Film }, Encoder = new IdentityEncoderOptions() } },
        { "GradientAdapterOptions.Scope must be one of Head, All, Context, Film; got 5.", new() { Adapter = new GradientAdapterOptions { Scope = (GradientScope)5 } } },
        { "EpisodeOptions.Ways must be at least 2; got 1.", new() { Episodes = new() { Ways = 1 } } },
        { "EpisodeOptions.Ways must be null unless labels are multiclass; got 3.", new() { Episodes = new() { Ways = 3 } } },
        { "EpisodeOptions.Shots must be at least 1; got 0.", new() { Episodes = new() { Shots = 0 } } },
        { "EpisodeOptions.SupportRows must be null where Shots or Ways is set; got 5.", new() { Episodes = new() { SupportRows = 5, Shots = 2 } } },
        { "EpisodeOptions.TasksPerIteration must be at least 1; got 0.", new() { Episodes = new() { TasksPerIteration = 0 } } },
        { "GivenWeightingOptions.Weights must be finite and not negative; got -1 for 'north'.", new() { TaskWeighting = new GivenWeightingOptions { Weights = new Dictionary<string, double> { ["north"] = -1 } } } },
        { "SizeWeightingOptions.Exponent must be between -1 and 1; got 2.", new() { TaskWeighting = new SizeWeightingOptions { Exponent = 2 } } },
        { "DynamicWeightAverageOptions.Temperature must be positive", new() { TaskWeighting = new DynamicWeightAverageOptions { Temperature = 0 } } },
        { "UncertaintyWeightingOptions.LearningRate must be positive", new() { TaskWeighting = new UncertaintyWeightingOptions { LearningRate = -1 } } },
        { "GradNormWeightingOptions.Asymmetry must be finite and not negative; got -1.", new() { TaskWeighting = new GradNormWeightingOptions { Asymmetry = -1 } } },
        { "GradNormWeightingOptions.LearningRate must be positive", new() { TaskWeighting = new GradNormWeightingOptions { LearningRate = 0 } } },
        { "CaGradWeightingOptions.Radius must be at least 0 and below 1; got 1.", new() { TaskWeighting = new CaGradWeightingOptions { Radius = 1 } } },
        { "CaGradWeightingOptions.Radius must be at least 0 and below 1; got NaN.", new() { TaskWeighting = new CaGradWeightingOptions { Radius = double.NaN } } },
        { "FamoWeightingOptions.LearningRate must be positive", new() { TaskWeighting = new FamoWeightingOptions { LearningRate = double.NaN } } },
        { "RelatednessWeightingOptions.TargetTasks must be at least one training task; got none.", new() { TaskWeighting = new RelatednessWeightingOptions() } },
        { "RelatednessWeightingOptions.TargetTasks must be set; got null.", new() { TaskWeighting = new RelatednessWeightingOptions { TargetTasks = null! } } },
        { "RelatednessWeightingOptions.Temperature must be positive", new() { TaskWeighting = new RelatednessWeightingOptions { TargetTasks = ["task1"], Temperature = 0 } } },
        { "FamoWeightingOptions.Decay must be finite and not negative; got -1.", new() { TaskWeighting = new FamoWeightingOptions { Decay = -1 } } },
        { "MetaTrainingOptions.TaskWeighting must be set; got null.", new() { TaskWeighting = null! } },
        { "BayesianAdapterOptions.Noise must be Common where Fit is Gradient; got PerTask.", new() { Adapter = new BayesianAdapterOptions { Noise = PriorNoise.PerTask, Fit = PriorFit.Gradient } } },
        { "BayesianAdapterOptions.Covariance must be Auto or Diagonal where Fit is Gradient; got Full.", new() { Adapter = new BayesianAdapterOptions { Covariance = PriorCovariance.Full, Fit = PriorFit.Gradient } } },
        { "EarlyStoppingOptions.Patience must be at least 1; got 0.", new() { EarlyStopping = new() { Patience = 0 } } },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void Validate_OutOfRange_NamesOptionRangeAndValue(string expected, MetaTrainingOptions options) =>
        Assert.Contains(expected, Assert.ThrowsAny<ArgumentException>(() => options.Validate(LabelKind.Binary)).Message);

    [Fact]
    public void Validate_PrototypesOfValues_Throws()
    {
        Assert.Throws<ArgumentException>(() => new MetaTrainingOptions { Adapter = new PrototypeAdapterOptions() }.Validate(LabelKind.Regression));
        Assert.Throws<ArgumentException>(() => new MetaTrainingOptions { Adapter = new GradientAdapterOptions { InitialHead = InitialHead.Prototype } }.Validate(LabelKind.Regression));
    }

    [Theory]
    [InlineData(LabelKind.Binary)]
    [InlineData(LabelKind.Multiclass)]
    [InlineData(LabelKind.Regression)]
    public void Validate_Defaults_AreValid(LabelKind kind) => new MetaTrainingOptions().Validate(kind);
}
