using MetaML.Native;
using Xunit;

namespace MetaML.Core.Tests.Native;

public sealed class LoadFailureTests
{
    private static readonly DllNotFoundException s_cause = new(
        "Unable to load shared library 'LibTorchSharp' or one of its dependencies.\n/app/LibTorchSharp.so: cannot open shared object file: No such file or directory\n/app/libLibTorchSharp.so: undefined symbol: abc\n");

    [Theory]
    [InlineData(false, "linux-x64", "no folder of the application contains", "dotnet add package libtorch-cpu-linux-x64 --version 2.10.0")]
    [InlineData(true, "linux-x64", "undefined symbol: abc", "dotnet add package libtorch-cpu-linux-x64 --version 2.10.0")]
    [InlineData(false, "win-arm64", "no folder of the application contains", "dotnet add package libtorch-cpu-win-arm64 --version 2.10.0")]
    [InlineData(false, "linux-arm64", "TorchSharp has none for linux-arm64", "Train on one of linux-x64, osx-arm64, win-arm64, win-x64")]
    [InlineData(false, "linux-musl-x64", "TorchSharp has none for linux-musl-x64", "Train on one of linux-x64, osx-arm64, win-arm64, win-x64")]
    public void Message_HasALineForTheCause_AndALineForTheCure(bool isPresent, string platform, string cause, string cure)
    {
        string[] lines = LoadFailure.Of(isPresent, platform, "undefined symbol: abc", null).Message.Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Contains(cause, lines[0], StringComparison.Ordinal);
        Assert.Contains(cure, lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_InnerException_ListsTheFolders()
    {
        DllNotFoundException error = LoadFailure.Of(s_cause);
        Assert.Contains(AppContext.BaseDirectory, error.InnerException!.Message, StringComparison.Ordinal);
        Assert.Same(s_cause, error.InnerException.InnerException);
    }

    [Fact]
    public void Of_CauseWithALineForEachFile_GivesTheOneThatIsPresent()
    {
        string file = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "torch_cpu.dll" : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib" : "libtorch_cpu.so");
        bool isPresent = LibTorchSharpResolver.ProbedFolders().Any(folder => File.Exists(Path.Combine(folder, Path.GetFileName(file))));
        Assert.True(isPresent, file);
        Assert.Contains("could not be loaded: /app/libLibTorchSharp.so: undefined symbol: abc\n", LoadFailure.Of(s_cause).Message, StringComparison.Ordinal);
    }
}
