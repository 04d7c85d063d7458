using MetaML.Data;
using MetaML.TestKit;
using MetaML.Training;
using MetaML.Training.Options;
using Xunit;

namespace MetaML.Core.Tests.Training.Options;

public sealed class DeviceTests
{
    [Theory]
    [InlineData(null, 4, null)]
    [InlineData("cpu", 4, null)]
    [InlineData("cuda", 1, 0)]
    [InlineData("cuda:0", 1, 0)]
    [InlineData("cuda:3", 4, 3)]
    public void Choose_DeviceOfThisMachine_IsTaken(string? device, int cudaDevices, int? expected)
    {
        var log = new List<string>();
        Assert.Equal(expected, TrainingDevice.Choose(new MetaTrainingOptions { Device = device }, () => cudaDevices, log.Add).Cuda);
        Assert.Equal(expected is null ? [] : [$"Device: cuda:{expected}, as requested, one of {cudaDevices}."], log);
    }

    [Fact]
    public void Choose_Processor_AsksForNoCudaDevices() =>
        Assert.Null(TrainingDevice.Choose(new MetaTrainingOptions(), () => throw new InvalidOperationException("asked"), null).Cuda);

    [Theory]
    [InlineData("cuda", 0, "'cuda', and the native torch library can use no CUDA device here")]
    [InlineData("cuda:2", 2, "'cuda:2', and there are 2 CUDA devices, numbered from 0")]
    public void Choose_DeviceThatIsAbsent_SaysSoOrFallsBack(string device, int cudaDevices, string got)
    {
        var options = new MetaTrainingOptions { Device = device };
        string message = Assert.Throws<InvalidOperationException>(() => TrainingDevice.Choose(options, () => cudaDevices, null)).Message;
        Assert.StartsWith($"MetaTrainingOptions.Device must be a device of this machine; got {got}. Training cannot start. Add the package TorchSharp-cuda", message, StringComparison.Ordinal);
        var log = new List<string>();
        Assert.Null(TrainingDevice.Choose(options with { FallbackToCpu = true }, () => cudaDevices, log.Add).Cuda);
        Assert.StartsWith($"Device: cpu, since '{device}' was requested", Assert.Single(log), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:0:0")]
    [InlineData("cpu:0")]
    public void Validate_NameOfNoDevice_Throws(string device)
    {
        string message = Assert.Throws<ArgumentException>(() => new MetaTrainingOptions { Device = device }.Validate(LabelKind.Binary)).Message;
        Assert.StartsWith($"MetaTrainingOptions.Device must be \"cpu\", \"cuda\" or \"cuda:\" and a device's number; got '{device}'.", message, StringComparison.Ordinal);
        Assert.StartsWith("SelfSupervisedOptions.Device must be", Assert.Throws<ArgumentException>(() => new SelfSupervisedOptions { Device = device }.Validate()).Message, StringComparison.Ordinal);
    }

    [CudaFact]
    public void Train_Cuda_LearnsAsOnTheProcessor()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Regression);
        double LossOn(string device)
        {
            double loss = 0;
            MetaTrainer.Train(set, new MetaTrainingOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [16] }, Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 50, Device = device, Progress = new Reports(report => loss = report.ValidationLoss!.Value) });
            return loss;
        }

        Assert.Equal(LossOn("cpu"), LossOn("cuda"), 0.02);
    }

    [NoCudaFact]
    public void Train_CudaThatIsAbsent_ThrowsOrFallsBack()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        var options = new MetaTrainingOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [4] }, MaximumNumberOfIterations = 2, Device = "cuda" };
        Assert.Contains("must be a device of this machine", Assert.Throws<InvalidOperationException>(() => MetaTrainer.Train(set, options)).Message, StringComparison.Ordinal);
        var log = new List<string>();
        MetaTrainer.Train(set, options with { FallbackToCpu = true }, log.Add);
        Assert.Contains(log, line => line.StartsWith("Device: cpu, since", StringComparison.Ordinal));
    }
}
