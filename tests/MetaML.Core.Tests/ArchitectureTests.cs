using System.Reflection;
using MetaML.Native;
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
            s_core.GetExportedTypes().Where(type => type.IsClass && type != typeof(MetaTrainingOptions) && type != typeof(SelfSupervisedOptions)), // other packages derive their options from these
            type => Assert.True(type.IsAbstract || type.IsSealed, type.FullName));

    [Fact]
    public void Core_WhatItReferencesInTurn_HasNoAssemblyOfMLNet()
    {
        var seen = new HashSet<string>();
        var open = new Queue<Assembly>([typeof(TorchRuntime).Assembly]);
        while (open.TryDequeue(out Assembly? assembly))
        {
            foreach (AssemblyName name in assembly.GetReferencedAssemblies())
            {
                if (!seen.Add(name.Name!) || name.Name!.StartsWith("System.", StringComparison.Ordinal))
                    continue;
                try
                {
                    open.Enqueue(Assembly.Load(name));
                }
                catch (FileNotFoundException)
                {
                    // A library that TorchSharp names and this platform lacks. Its name is already recorded.
                }
            }
        }

        Assert.Contains("TorchSharp", seen);
        Assert.True(seen.Count > 10, "TorchSharp's own references must have been read");
        Assert.DoesNotContain(seen, name => name.StartsWith("Microsoft.ML", StringComparison.Ordinal));
    }
}
