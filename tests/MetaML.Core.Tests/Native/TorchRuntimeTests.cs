using System.Runtime.CompilerServices;
using MetaML.Native;
using TorchSharp;
using Xunit;

namespace MetaML.Core.Tests.Native;

public sealed class TorchRuntimeTests
{
    // TorchSharp may be touched by a test before any code of MetaML.Core has run.
    [ModuleInitializer]
    internal static void LoadTorch() => TorchRuntime.EnsureLoaded();

    [Fact]
    public void EnsureLoaded_Linear_SolveAndBackwardWork()
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor a = torch.tensor(new double[] { 4, 1, 1, 3 }, 2, 2).requires_grad_();
        torch.Tensor x = torch.linalg.solve(a, torch.tensor(new double[] { 1, 2 }, 2, 1));
        x.Squared().sum(new long[] { 0, 1 }).backward();
        Assert.Equal(1.0 / 11, x[0, 0].Value(), 12);
        Assert.Equal(7.0 / 11, x[1, 0].Value(), 12);
        Assert.NotNull(a.grad);
    }
}
