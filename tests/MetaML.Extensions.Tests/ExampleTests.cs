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
        string output = SiblingProgram.Run("examples/Digits", null);
        Assert.Contains("from scratch, same network", ReportOf(output), StringComparison.Ordinal);
        JsonElement result = Result(output);
        double meta = result.GetProperty("meta_accuracy").GetDouble(), scratch = result.GetProperty("scratch_accuracy").GetDouble();
        Assert.True(meta >= 0.88, $"accuracy {meta}");
        Assert.True(meta >= scratch + 0.12, $"accuracy {meta}, from scratch {scratch}");
        Assert.True(result.GetProperty("reloaded_identical").GetBoolean());
    }

    [Fact]
    public void MultiOutput_LearningTogether_BeatsOneByOne()
    {
        JsonElement[] outputs = [.. Result(SiblingProgram.Run("examples/MultiOutput", null)).GetProperty("outputs").EnumerateObject().Select(output => output.Value)];
        double Mean(string strategy) => outputs.Average(output => output.GetProperty(strategy).GetDouble());
        Assert.True(Mean("together") > Mean("one_by_one") + 0.02, $"together {Mean("together")}, one by one {Mean("one_by_one")}");
    }

    [Fact]
    public void Compare_NewStores_ArePredictedBetterByLearningAcrossStores()
    {
        string output = SiblingProgram.Run("examples/Compare", null);
        Assert.Contains("<svg", ReportOf(output), StringComparison.Ordinal);
        JsonElement result = Result(output);
        double best = result.GetProperty("best_rmse").GetDouble(), scratch = result.GetProperty("scratch_rmse").GetDouble();
        Assert.True(best < scratch, $"RMSE {best}, from scratch {scratch}");
        Assert.Equal(0, result.GetProperty("failed_runs").GetInt32());
    }

    [Fact]
    public void OwnAdapter_OfAnotherAssembly_LearnsAndSurvivesSaving()
    {
        JsonElement result = Result(SiblingProgram.Run("examples/OwnAdapter", null));
        double own = result.GetProperty("own_auc").GetDouble();
        Assert.True(own > 0.95, $"AUC {own}");
        Assert.True(result.GetProperty("reloaded_identical").GetBoolean());
    }

    [Fact]
    public void ShopOffers_PriorOfOtherCustomers_LosesLessThanTheOtherLearners()
    {
        string output = SiblingProgram.Run("examples/ShopOffers", null);
        Assert.Contains("<svg", ReportOf(output), StringComparison.Ordinal);
        JsonElement result = Result(output);
        double Value(string key) => result.GetProperty(key).GetDouble();
        Assert.True(Value("regret") < 0.8 * Value("separate_regret"), $"regret {Value("regret")}, each alone {Value("separate_regret")}");
        Assert.True(Value("regret") < 0.5 * Value("shared_regret"), $"regret {Value("regret")}, one for all {Value("shared_regret")}");
        Assert.Equal(Value("truth"), Value("doubly_robust"), 0.25);
    }

    [Fact]
    public void PatientRisk_LearningAcrossClinics_GivesBetterAndCalibratedRisks()
    {
        JsonElement result = Result(SiblingProgram.Run("examples/PatientRisk", null));
        double Value(string key) => result.GetProperty(key).GetDouble();
        Assert.True(Value("log_loss") < Value("pooled_log_loss") - 0.005, $"log-loss {Value("log_loss")}, pooled {Value("pooled_log_loss")}");
        Assert.True(Value("log_loss") < Value("scratch_log_loss") - 0.02, $"log-loss {Value("log_loss")}, from scratch {Value("scratch_log_loss")}");
        Assert.Equal(Value("observed_share"), Value("predicted_share"), 0.02);
    }

    [Fact]
    public void NewTasksInAService_CustomersOneAtATime_AreLearnedForgottenAndStillKnownAfterARestart()
    {
        JsonElement result = Result(SiblingProgram.Run("examples/NewTasksInAService", null));
        double Value(string key) => result.GetProperty(key).GetDouble();
        Assert.Equal(404, Value("stranger"));
        Assert.InRange(Value("rmse_after_30"), 2.5, 3.5);
        Assert.True(Value("forgetting_difference") < 0.01, $"difference {Value("forgetting_difference")}");
        Assert.InRange(Value("rows_until_noticed"), 1, 19);
        Assert.InRange(Value("rmse_changed"), 2.5, 4);
        Assert.True(Value("shop_bytes") < 4096, $"{Value("shop_bytes")} bytes");
        Assert.True(result.GetProperty("model_untouched").GetBoolean());
        Assert.True(result.GetProperty("restarted_identical").GetBoolean());
    }

    [Fact]
    public void FewShotImages_NewAlphabets_AreReadFromAFewDrawings()
    {
        JsonElement result = Result(SiblingProgram.Run("examples/FewShotImages", null));
        double Value(string key) => result.GetProperty(key).GetDouble();
        Assert.True(Value("one_drawing") > 0.5, $"accuracy {Value("one_drawing")} from one drawing of each of ten characters");
        Assert.True(Value("five_drawings") > Value("scratch_five_drawings") + 0.05, $"accuracy {Value("five_drawings")}, from scratch {Value("scratch_five_drawings")}");
        Assert.True(Value("new_character") >= 0.5, $"recognised {Value("new_character")}");
    }

    [Fact]
    public void Text_NewIntents_AreLearnedFromFiveMessagesEach()
    {
        JsonElement result = Result(SiblingProgram.Run("examples/Text", null));
        double accuracy = result.GetProperty("accuracy").GetDouble(), scratch = result.GetProperty("scratch_accuracy").GetDouble();
        Assert.Equal(8, result.GetProperty("new_intents").GetInt32());
        Assert.True(accuracy > scratch, $"accuracy {accuracy}, from scratch {scratch}");
    }

    // The content of the report, whose path the example prints.
    private static string ReportOf(string output) =>
        File.ReadAllText(output.Split('\n').Single(line => line.StartsWith("The report is ", StringComparison.Ordinal))["The report is ".Length..].Split(": open")[0]);

    private static JsonElement Result(string output) =>
        JsonDocument.Parse(output.Split('\n').Last(line => line.StartsWith("RESULT ", StringComparison.Ordinal))["RESULT ".Length..]).RootElement;
}

[CollectionDefinition("by itself", DisableParallelization = true)]
public sealed class ByItself;
