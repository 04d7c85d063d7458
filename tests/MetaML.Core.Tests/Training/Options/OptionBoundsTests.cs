using System.Globalization;
using System.Reflection;
using Xunit;

namespace MetaML.Core.Tests.Training.Options;

/// <summary>Every number and every enumeration in the options is accepted at its bounds, and refused by name outside them.</summary>
public sealed class OptionBoundsTests
{
    private const double Tiny = double.Epsilon, Most = double.MaxValue, Whole = int.MaxValue;

    // The smallest and the largest accepted value, and the other options that a value needs.
    private static readonly (Func<object> Options, string Member, double Smallest, double Largest)[] s_numbers =
    [
        (() => new MetaTrainingOptions(), "MaximumNumberOfIterations", 0, Whole),
        (() => new MetaTrainingOptions { Objective = TrainingObjective.Joint }, "AdapterIterations", 0, Whole),
        (() => new MetaTrainingOptions(), "LearningRate", Tiny, Most),
        (() => new MetaTrainingOptions(), "MaximumGradientNorm", Tiny, Most),
        (() => new MetaTrainingOptions(), "NumberOfThreads", 1, Whole),
        (() => new MetaTrainingOptions(), "CheckpointInterval", 1, Whole),
        (() => new MetaTrainingOptions(), "ValidationFraction", 0, 0.5),
        (() => new MetaTrainingOptions(), "StatisticsBufferRows", 1, Whole),
        (() => new EarlyStoppingOptions(), "EvaluationInterval", 1, Whole),
        (() => new EarlyStoppingOptions(), "Patience", 1, Whole),
        (() => new SelfSupervisedOptions(), "CorruptionRate", Tiny, 0.95),
        (() => new SelfSupervisedOptions(), "BatchSize", 2, Whole),
        (() => new SelfSupervisedOptions(), "MaximumNumberOfIterations", 0, Whole),
        (() => new SelfSupervisedOptions(), "LearningRate", Tiny, Most),
        (() => new SelfSupervisedOptions(), "MaximumGradientNorm", Tiny, Most),
        (() => new SelfSupervisedOptions(), "NumberOfThreads", 1, Whole),
        (() => new SelfSupervisedOptions(), "ValidationFraction", 0, 0.5),
        (() => new SelfSupervisedOptions(), "CheckpointInterval", 1, Whole),
        (() => new EpisodeOptions(), "Ways", 2, Whole),
        (() => new EpisodeOptions(), "Shots", 1, Whole),
        (() => new EpisodeOptions(), "SupportRows", 1, Whole),
        (() => new EpisodeOptions(), "Queries", 1, Whole),
        (() => new EpisodeOptions(), "TasksPerIteration", 1, Whole),
        (() => new EpisodeOptions(), "StratifiedShare", 0, 1),
        (() => new EpisodeOptions(), "EmptyShare", 0, 0.5),
        (() => new MlpEncoderOptions(), "EmbeddingDimension", 1, 65_536),
        (() => new MlpEncoderOptions(), "Dropout", 0, 0.95),
        (() => new ConvolutionalEncoderOptions(), "Height", 1, Whole),
        (() => new ConvolutionalEncoderOptions(), "Width", 1, Whole),
        (() => new ConvolutionalEncoderOptions(), "Channels", 1, Whole),
        (() => new ConvolutionalEncoderOptions(), "Blocks", 1, 8),
        (() => new ConvolutionalEncoderOptions(), "MinimumSide", 1, 1024),
        (() => new ConvolutionalEncoderOptions { Groups = 1 }, "Filters", 1, 1024),
        (() => new ConvolutionalEncoderOptions { Filters = 1024 }, "Groups", 1, 1024),
        (() => new ConvolutionalEncoderOptions(), "Views", 1, 64),
        (() => new ConvolutionalEncoderOptions(), "InkSpread", 0.05, 0.5),
        (() => new ImageAugmentation(), "Shift", 0, 1),
        (() => new ImageAugmentation(), "Rotation", 0, 180),
        (() => new ImageAugmentation(), "Scale", 0, 0.9),
        (() => new ImageAugmentation(), "Shear", 0, 1),
        (() => new KernelEncoderOptions(), "LandmarkCount", 1, 4096),
        (() => new SparseEncoderOptions(), "SketchDimension", 1, 65_536),
        (() => new SparseEncoderOptions(), "StructureDimension", 0, 65_536),
        (() => new SparseEncoderOptions(), "StructureWeight", Tiny, Most),
        (() => new SparseEncoderOptions(), "StructurePenalty", Tiny, Most),
        (() => new RidgeAdapterOptions(), "InitialPenalty", Tiny, Most),
        (() => new LogisticAdapterOptions(), "InitialPenalty", Tiny, Most),
        (() => new BayesianAdapterOptions(), "MaximumFitIterations", 1, Whole),
        (() => new GradientAdapterOptions(), "InnerSteps", 1, Whole),
        (() => new GradientAdapterOptions(), "InnerLearningRate", 0, 1000),
        (() => new GradientAdapterOptions(), "ContextDimension", 1, 65_536),
        (() => new GradientAdapterOptions(), "MaximumInnerGradientNorm", Tiny, Most),
        (() => new GradientAdapterOptions(), "FirstOrderUntil", 0, 1),
        (() => new GradientAdapterOptions(), "MultiStepLossUntil", 0, 1),
        (() => new SizeWeightingOptions(), "Exponent", -1, 1),
        (() => new UncertaintyWeightingOptions(), "LearningRate", Tiny, Most),
        (() => new DynamicWeightAverageOptions(), "Temperature", Tiny, Most),
        (() => new FamoWeightingOptions(), "LearningRate", Tiny, Most),
        (() => new FamoWeightingOptions(), "Decay", 0, Most),
        (() => new SmoothTchebycheffWeightingOptions(), "Smoothness", 0.001, 1000),
        (() => new SmoothTchebycheffWeightingOptions(), "ReferenceSteps", 1, Whole),
        (() => new GradNormWeightingOptions(), "LearningRate", Tiny, Most),
        (() => new GradNormWeightingOptions(), "Asymmetry", 0, Most),
        (() => new CaGradWeightingOptions(), "Radius", 0, Math.BitDecrement(1.0)),
        (() => new RelatednessWeightingOptions { TargetTasks = ["one"] }, "Temperature", Tiny, Most),
        (() => new AdaptationOptions(), "RefinementSteps", 0, Whole),
        (() => new AdaptationOptions(), "RefinementPriorRows", Tiny, Most),
        (() => new UpdateOptions(), "ForgettingFactor", Tiny, 1),
        (() => new UpdateOptions(), "FalseAlarmsPerThousandRows", Tiny, 1),
    ];

    public static TheoryData<string> Numbers => new(s_numbers.Select(row => $"{row.Options().GetType().Name}.{row.Member}"));

    public static TheoryData<string> Choices => new(Properties().Where(property => property.PropertyType.IsEnum).Select(Name));

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Number_AtItsBounds_IsTakenAndPastThemRefused(string name)
    {
        var (options, member, smallest, largest) = s_numbers.Single(row => $"{row.Options().GetType().Name}.{row.Member}" == name);
        bool isWhole = Type(options().GetType().GetProperty(member)!) != typeof(double);
        foreach (double good in new[] { smallest, largest })
            Validate(With(options(), member, good));

        double[] bad = isWhole
            ? [smallest - 1, int.MinValue, largest < int.MaxValue ? largest + 1 : smallest - 1]
            : [Math.BitDecrement(smallest), Math.BitIncrement(largest), double.NegativeInfinity, double.PositiveInfinity, double.NaN];
        Assert.All(bad, value => Assert.StartsWith($"{name} must be ", Assert.Throws<ArgumentException>(() => Validate(With(options(), member, value))).Message));
    }

    [Theory]
    [MemberData(nameof(Choices))]
    public void Choice_ThatThereIsNot_IsRefused(string name)
    {
        PropertyInfo property = Properties().Single(property => Name(property) == name);
        object options = name.StartsWith("Relatedness", StringComparison.Ordinal) ? new RelatednessWeightingOptions { TargetTasks = ["one"] } : Activator.CreateInstance(property.ReflectedType!)!;
        property.SetValue(options, Enum.ToObject(property.PropertyType, 99));
        Assert.StartsWith($"{name} must be one of ", Assert.Throws<ArgumentException>(() => Validate(options)).Message);
    }

    [Fact]
    public void Numbers_AreAllThatThereAre() =>
        Assert.Equal(Properties().Where(property => Type(property) == typeof(int) || Type(property) == typeof(long) || Type(property) == typeof(double)).Select(Name).Order(), ((IEnumerable<object[]>)Numbers).Select(row => (string)row[0]).Order());

    private static string Name(PropertyInfo property) => $"{property.ReflectedType!.Name}.{property.Name}";

    private static Type Type(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    private static IEnumerable<PropertyInfo> Properties() => typeof(MetaTrainingOptions).Assembly.GetExportedTypes()
        .Where(type => !type.IsAbstract && (type.Name.EndsWith("Options", StringComparison.Ordinal) || type == typeof(ImageAugmentation)))
        .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)).Where(property => property.CanWrite && property.Name != nameof(MetaTrainingOptions.Seed)); // every seed is valid

    private static object With(object options, string member, double value)
    {
        PropertyInfo property = options.GetType().GetProperty(member)!;
        property.SetValue(options, Convert.ChangeType(value, Type(property), CultureInfo.InvariantCulture));
        return options;
    }

    private static void Validate(object options)
    {
        switch (options)
        {
            case MetaTrainingOptions training:
                training.Validate(LabelKind.Multiclass);
                break;
            case AdapterOptions adapter:
                adapter.Validate(LabelKind.Binary);
                break;
            case EpisodeOptions episodes:
                episodes.Validate(LabelKind.Multiclass);
                break;
            case EncoderOptions encoder:
                encoder.Validate();
                break;
            case ImageAugmentation augmentation:
                augmentation.Validate();
                break;
            case TaskWeightingOptions weighting:
                weighting.Validate();
                break;
            case UpdateOptions update:
                update.Validate();
                break;
            case EarlyStoppingOptions stopping:
                stopping.Validate();
                break;
            case SelfSupervisedOptions selfSupervised:
                selfSupervised.Validate();
                break;
            default:
                ((AdaptationOptions)options).Validate();
                break;
        }
    }
}
