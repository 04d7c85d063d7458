using System.Text.Json;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Extensions.Tests;

[Collection("by itself")] // trains on all processors
public sealed class ExampleTests
{
    [Fact]
    public void Digits_LearningAcrossTasks_BeatsFromScratch()
    {
        JsonElement result = Result(SiblingProgram.Run("examples/Digits", null));
        double meta = result.GetProperty("meta_accuracy").GetDouble(), scratch = result.GetProperty("scratch_accuracy").GetDouble();
        Assert.True(meta >= 0.88, $"accuracy {meta}");
        Assert.True(meta >= scratch + 0.12, $"accuracy {meta}, from scratch {scratch}");
        Assert.True(result.GetProperty("reloaded_identical").GetBoolean());
    }

    [Fact]
    public void Compare_NewStores_ArePredictedBetterByLearningAcrossStores()
    {
        JsonElement result = Result(SiblingProgram.Run("examples/Compare", null));
        double best = result.GetProperty("best_rmse").GetDouble(), scratch = result.GetProperty("scratch_rmse").GetDouble();
        Assert.True(best < scratch, $"RMSE {best}, from scratch {scratch}");
        Assert.Equal(0, result.GetProperty("failed_runs").GetInt32());
        Assert.True(result.GetProperty("seconds").GetDouble() < 120);
    }

    private static JsonElement Result(string output) =>
        JsonDocument.Parse(output.Split('\n').Last(line => line.StartsWith("RESULT ", StringComparison.Ordinal))["RESULT ".Length..]).RootElement;
}

[CollectionDefinition("by itself", DisableParallelization = true)]
public sealed class ByItself;
