using System.Reflection;
using MetaML.Native;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests;

public sealed class ArchitectureTests
{
    private static readonly Assembly s_core = typeof(TorchRuntime).Assembly;

    [Fact]
    public void Core_References_NoAssemblyOfMLNet()
    {
        AssemblyName[] references = s_core.GetReferencedAssemblies();
        Assert.Contains(references, reference => reference.Name == "TorchSharp");
        Assert.DoesNotContain(references, reference => reference.Name!.StartsWith("Microsoft.ML", StringComparison.Ordinal));
    }

    [Fact]
    public void PublicClasses_AreAbstractOrSealed() =>
        Assert.All(
            s_core.GetExportedTypes().Where(type => type.IsClass && type != typeof(MetaTrainingOptions)), // what other faces derive their options from
            type => Assert.True(type.IsAbstract || type.IsSealed, type.FullName));
}
