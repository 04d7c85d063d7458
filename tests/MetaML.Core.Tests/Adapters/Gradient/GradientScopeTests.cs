using MetaML.Adapters;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;
using MetaML.Native;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Adapters.Gradient;

/// <summary>The parameters that step, for encoders that are not in the conformance table.</summary>
public sealed class GradientScopeTests
{
    private static readonly ConvolutionalEncoderOptions s_images = new() { Height = 2, Width = 3, Blocks = 2, Filters = 4, Groups = 2 };

    [Theory]
    [InlineData(GradientScope.All, 8)]
    [InlineData(GradientScope.Context, 1)]
    [InlineData(GradientScope.Film, 4)]
    public void Adapt_Images_StepsWhatTheScopeSaysAndEqualsEachTaskAlone(GradientScope scopeOfSteps, int stepped)
    {
        using var scope = NewDisposeScope();
        var design = new MetaModelDesign(LabelKind.Binary, TaskRow.FeatureCount, 1, s_images, new GradientAdapterOptions { Scope = scopeOfSteps, InnerSteps = 2 });
        TaskSet set = CoreData.Of(Some.Tasks(3, 12), LabelKind.Binary);
        Episode[] episodes = [.. set.Tasks.Select(task => new Episode(task, [0, 1, 2, 3, 4], [5, 6, 7], task.Classes))];
        var (encoder, learned) = AdapterCase.Values(design);
        Tensor Scores(EpisodeBatch batch, out AdaptedTasks adapted)
        {
            adapted = AdapterCase.Adapt(design, batch, encoder, learned);
            return adapted.Score(design.Encoder, batch.Query.Features);
        }

        Tensor together = Scores(AdapterCase.Batch(set, episodes), out AdaptedTasks all);
        Assert.Equal(stepped, all.EncoderParameters.Tensors.Zip(design.Encoder.Parameters, (value, spec) => value.dim() > spec.Shape.Length ? 1 : 0).Sum());
        for (int t = 0; t < episodes.Length; t++)
            Assert.Equal(0, (Scores(AdapterCase.Batch(set, episodes[t]), out _)[0] - together[t]).abs().max().Value(), 1e-9);
    }

    [Fact]
    public void Train_LearnedHeadForClassesOfEachTaskThatDoesNotStep_Throws()
    {
        var options = new MetaTrainingOptions { Adapter = new GradientAdapterOptions { Scope = GradientScope.Context, InitialHead = InitialHead.Learned }, ClassSets = ClassSets.PerTask };
        TaskSet set = CoreData.Of(Some.TasksWithOwnClasses(), LabelKind.Multiclass, ClassSets.PerTask);
        Assert.Contains("GradientAdapterOptions.InitialHead must be Auto or Prototype if class sets differ by task", Assert.Throws<ArgumentException>(() => MetaTrainer.Train(set, options)).Message);
    }

    [Fact]
    public void Train_FilmWithoutAnEncoder_TakesNormalisedLayers()
    {
        var options = new MetaTrainingOptions { Adapter = new GradientAdapterOptions { Scope = GradientScope.Film }, MaximumNumberOfIterations = 1 };
        Assert.True(Assert.IsType<MlpEncoderOptions>(MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Binary), options).EncoderOptions).LayerNormalization);
    }

    [Fact]
    public void Train_FilmOnLayersWithoutNormalisation_Throws()
    {
        var options = new MetaTrainingOptions { Encoder = new MlpEncoderOptions(), Adapter = new GradientAdapterOptions { Scope = GradientScope.Film } };
        Assert.Contains("without normalised hidden layers; got Film", Assert.Throws<ArgumentException>(() => MetaTrainer.Train(CoreData.Of(Some.Tasks(), LabelKind.Binary), options)).Message);
    }
}
