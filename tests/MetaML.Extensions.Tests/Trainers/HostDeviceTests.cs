using MetaML.TestKit;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

public sealed class HostDeviceTests
{
    private static readonly TrainerCase s_binary = new("binary", "Answer");

    [Fact]
    public void Fit_GpuDeviceIdOfTheContext_IsAskedFor()
    {
        var ml = new MLContext(seed: 1) { GpuDeviceId = 77 };
        IDataView data = ml.Data.LoadFromEnumerable(Some.Tasks());
        foreach (IEstimator<ITransformer> trainer in new IEstimator<ITransformer>[] { s_binary.Trainer(ml), ml.MetaLearning().SharedEncoder(new SelfSupervisedEncoderOptions { MaximumNumberOfIterations = 1 }) })
        {
            string message = Assert.Throws<InvalidOperationException>(() => trainer.Fit(data)).Message;
            Assert.Contains(".Device must be a device of this machine; got 'cuda:77'", message, StringComparison.Ordinal);
            Assert.Contains("Training cannot start.", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Fit_FallbackToCpuOfTheContext_TrainsOnTheProcessorAndSaysSo()
    {
        var ml = new MLContext(seed: 1) { GpuDeviceId = 77, FallbackToCpu = true };
        MetaLearnerTransformer model = s_binary.Trainer(ml, s_binary.Options(iterations: 2)).Fit(ml.Data.LoadFromEnumerable(Some.Tasks()));
        Assert.Contains(model.Model.Training!.Reasons, reason => reason.StartsWith("Device: cpu, since 'cuda:77' was requested", StringComparison.Ordinal));
    }

    [Fact]
    public void Fit_DeviceOfTheOptions_GoesBeforeTheContexts()
    {
        var ml = new MLContext(seed: 1) { GpuDeviceId = 77 };
        MetaLearnerTransformer model = s_binary.Trainer(ml, s_binary.Options(iterations: 2) with { Device = "cpu" }).Fit(ml.Data.LoadFromEnumerable(Some.Tasks()));
        Assert.Equal(2, model.Model.Training!.Iterations);
    }

    [Fact]
    public void Trainer_NameOfNoDevice_Throws() =>
        Assert.Contains("MetaLearnerOptions.Device must be", Assert.Throws<ArgumentException>(() => s_binary.Trainer(TrainerCase.NewContext(), s_binary.Options() with { Device = "gpu" })).Message, StringComparison.Ordinal);
}
