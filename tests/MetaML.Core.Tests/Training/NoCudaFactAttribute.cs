using Xunit;

namespace MetaML.Core.Tests.Training;

/// <summary>A test of the behaviour without a CUDA device.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NoCudaFactAttribute : FactAttribute
{
    public NoCudaFactAttribute()
    {
        if (CudaFactAttribute.HasCuda)
            Skip = "There is a CUDA device here.";
    }
}
