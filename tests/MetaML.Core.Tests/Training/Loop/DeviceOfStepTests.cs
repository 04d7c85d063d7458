using MetaML.Data;
using MetaML.Native;
using MetaML.TestKit;
using MetaML.Training;
using MetaML.Training.Loop;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Training.Loop;

/// <summary>Training makes every tensor on the device that it is told, and none on the process's default device.</summary>
/// <remarks>The default device is set to one whose tensors have no values, so that whatever is made without naming a device is an error as soon as it is used.</remarks>
[Collection("by itself")]
public sealed class DeviceOfStepTests : IDisposable
{
    private readonly Device _before;

    public DeviceOfStepTests()
    {
        TorchRuntime.EnsureLoaded();
        _before = get_default_device();
        set_default_device(new Device(DeviceType.META));
    }

    public void Dispose() => set_default_device(_before);

    public static TheoryData<AdapterCase> Adapters => AdapterConformance.Cases;

    public static TheoryData<TaskWeightingOptions> Weightings => new(new PcGradWeightingOptions(), new GradNormWeightingOptions(), new FamoWeightingOptions());

    [Theory]
    [MemberData(nameof(Adapters))]
    public void Train_EveryAdapter_NamesTheDeviceOfEveryTensor(AdapterCase adapter) =>
        Train(adapter.Tasks(12), new MetaTrainingOptions { Encoder = AdapterCase.EncoderOptions with { Dropout = 0.2 }, Adapter = adapter.Options, ClassSets = adapter.ClassSets });

    [Theory]
    [MemberData(nameof(Weightings))]
    public void Train_SparseFeaturesAndComparedGradients_NamesTheDeviceOfEveryTensor(TaskWeightingOptions weighting) =>
        Train(CoreData.Of(Some.Tasks(), LabelKind.Binary, sparse: true), new MetaTrainingOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [4] }, Adapter = new RidgeAdapterOptions(), TaskWeighting = weighting });

    [Fact]
    public void Train_AugmentedImages_NamesTheDeviceOfEveryTensor() =>
        Train(CoreData.Of(Some.Tasks(), LabelKind.Binary), new MetaTrainingOptions { Encoder = new ConvolutionalEncoderOptions { Height = 2, Width = 3, Channels = 1, Blocks = 1, Filters = 4, Groups = 1, Augmentation = new() }, Adapter = new PrototypeAdapterOptions() });

    [Fact]
    public void DefaultDevice_TensorOfNoNamedDevice_IsRefused()
    {
        // Else the tests above could not fail.
        using var scope = NewDisposeScope();
        Assert.Equal(DeviceType.META, zeros(3).device_type);
        Assert.Throws<System.Runtime.InteropServices.ExternalException>(() => zeros(3).Plus(zeros(3, device: CPU)));
    }

    private static void Train(TaskSet set, MetaTrainingOptions options)
    {
        options = options with { MaximumNumberOfIterations = 2, EarlyStopping = new() { EvaluationInterval = 1 } };
        var run = new TrainingRun(null, null, new TrainingStop(options), null);
        var data = TrainingData.Prepare([set], options, run);
        Assert.True(data.HasValidation);
        Learner.Train(data, options, run);
    }
}
