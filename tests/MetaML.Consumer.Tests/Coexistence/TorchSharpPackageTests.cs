using System.Reflection;
using MetaML.TestKit;
using Microsoft.ML.TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Consumer.Tests.Coexistence;

/// <summary>Microsoft.ML.TorchSharp in an application of this pack. It was built against an older TorchSharp.</summary>
public sealed class TorchSharpPackageTests
{
    private const string Estimators = "package: TextClassificationTrainer NerTrainer QATrainer ObjectDetectionTrainer SentenceSimilarityTrainer";

    private static readonly Assembly s_package = typeof(TorchSharpCatalog).Assembly;

    [Fact]
    public void Types_AllLoad() => Assert.True(s_package.GetTypes().Length > 100);

    [Fact]
    public void BothPackages_InEitherOrder_WorkInOneProcess()
    {
        string[] packFirst = Lines("pack-first"), packageFirst = Lines("package-first");
        Assert.Equal(Estimators, packFirst[1]);
        Assert.StartsWith("pack: True, ", packFirst[0], StringComparison.Ordinal);
        Assert.Equal(packFirst.Reverse(), packageFirst); // the same scores, bit by bit
    }

    // Fit downloads weights, and then fails for the reason that this test shows without a network. README says that Fit does not work.
    // When this test fails, the package was mended: change README, and test Fit itself.
    [Fact]
    public void Fit_OfThePackage_StillDisposesTheWeightsThatItInitialises()
    {
        using var scope = NewDisposeScope();
        Tensor weight = zeros(2, 2);
        MethodInfo initialise = s_package.GetTypes().Single(type => type.Name == "ModelUtils").GetMethod("InitXavierUniform", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!;
        initialise.Invoke(null, [.. initialise.GetParameters().Select(parameter => parameter.ParameterType == typeof(Tensor) ? weight : parameter.DefaultValue)]);
        Assert.True(weight.IsInvalid);
    }

    private static string[] Lines(string order) => SiblingProgram.Run("tests/MetaML.TorchSharpProcess", null, order).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
