using MetaML.Native;
using MetaML.Training.Options;
using Xunit;

namespace MetaML.Core.Tests.Training;

/// <summary>A test that needs a CUDA device.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CudaFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> s_hasCuda = new(() =>
    {
        TorchRuntime.EnsureLoaded();
        return TrainingDevice.CountCuda() > 0;
    });

    public CudaFactAttribute()
    {
        if (!HasCuda)
            Skip = "There is no CUDA device here, or the native library is the processor's.";
    }

    public static bool HasCuda => s_hasCuda.Value;
}
