using System.Reflection;
using System.Text.Json;
using MetaML.Options;
using Microsoft.ML.SearchSpace;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

/// <summary>Options as JSON, which ML.NET's AutoML fills.</summary>
public sealed class OptionsJsonTests
{
    [Fact]
    public void Dimensions_HaveTheDefaultsOfTheOptions()
    {
        (string Name, object? Default)[] dimensions = [.. typeof(MetaLearnerOptions).GetProperties()
            .Where(property => property.GetCustomAttributes(typeof(RangeAttribute), false).Length > 0)
            .Select(property => (property.Name, property.GetCustomAttribute<RangeAttribute>()!.Init))];
        Assert.Equal([("LearningRate", 0.005), ("MaximumNumberOfIterations", (object)1000)], dimensions.OrderBy(dimension => dimension.Name));
        Assert.Equal((0.005, 1000), (new MetaLearnerOptions().LearningRate, new MetaLearnerOptions().MaximumNumberOfIterations));
    }

    [Fact]
    public void Deserialize_SerializedOptions_Equal()
    {
        var options = new MetaLearnerOptions
        {
            LearningRate = 0.01,
            Encoder = new MlpEncoderOptions { HiddenUnits = [8], LinearPath = true },
            Adapter = new GradientAdapterOptions { Scope = GradientScope.All },
            TaskWeighting = new FamoWeightingOptions(),
            Episodes = new EpisodeOptions { Shots = 3 },
            Progress = new Progress<TrainingProgress>(),
            MaximumTrainingTime = TimeSpan.FromSeconds(5),
        };
        foreach (MetaLearnerOptions original in new[] { new MetaLearnerOptions(), options })
        {
            string json = JsonSerializer.Serialize(original);
            MetaLearnerOptions read = JsonSerializer.Deserialize<MetaLearnerOptions>(json)!;
            Assert.Equal(json, JsonSerializer.Serialize(read));
            Assert.Equal(original.LearningRate, read.LearningRate);
            Assert.Equal(original.TaskWeighting, read.TaskWeighting);
            Assert.Equal(original.Adapter, read.Adapter);
        }
    }

    [Theory]
    [InlineData(typeof(EncoderOptions))]
    [InlineData(typeof(AdapterOptions))]
    [InlineData(typeof(TaskWeightingOptions))]
    public void Deserialize_EveryNameOfAFamily_IsThatType(Type family)
    {
        Type[] types = [.. family.Assembly.GetTypes().Where(type => type.IsSubclassOf(family) && type.IsPublic && type != typeof(PretrainedEncoderOptions))]; // which holds a model
        Assert.NotEmpty(types);
        Assert.All(types, type =>
        {
            object original = Activator.CreateInstance(type)!;
            string json = JsonSerializer.Serialize(original, family);
            Assert.Contains($"\"$type\":\"{OptionNames.NameOf(family, type)}\"", json, StringComparison.Ordinal);
            Assert.IsType(type, JsonSerializer.Deserialize(json, family));
        });
    }

    [Fact]
    public void Deserialize_ChosenParts_OthersHaveTheirDefaults()
    {
        MetaLearnerOptions options = JsonSerializer.Deserialize<MetaLearnerOptions>("""{"LearningRate":0.02,"Encoder":{"$type":"mlp","EmbeddingDimension":16},"Adapter":{"$type":"bayesian"},"TaskWeighting":{"$type":"uncertainty"}}""")!;
        Assert.Equal(16, Assert.IsType<MlpEncoderOptions>(options.Encoder).EmbeddingDimension);
        Assert.IsType<BayesianAdapterOptions>(options.Adapter);
        Assert.IsType<UncertaintyWeightingOptions>(options.TaskWeighting);
        Assert.Equal((0.02, 1000, "Task"), (options.LearningRate, options.MaximumNumberOfIterations, options.TaskColumnName));
    }
}
