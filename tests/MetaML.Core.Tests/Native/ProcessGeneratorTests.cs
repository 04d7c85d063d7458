using MetaML.Encoders.Mlp;
using MetaML.Parameters;
using MetaML.TestKit;
using MetaML.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Native;

/// <summary>Other tests draw from the process's generator, so these run by themselves.</summary>
[Collection("by itself")]
public sealed class ProcessGeneratorTests
{
    private static readonly MlpEncoderOptions s_dropping = new() { HiddenUnits = [8], EmbeddingDimension = 4, Dropout = 0.5 };

    [Fact]
    public void Forward_Dropout_LeavesItAlone()
    {
        using var scope = NewDisposeScope();
        var encoder = new MlpEncoder(3, s_dropping);
        ParameterSet parameters = ParameterSet.FromArrays(encoder.Parameters, ParameterArray.Initialize(encoder.Parameters, new Random(1)));
        AssertUntouched(() => encoder.Forward(parameters, ones(1, 5, 3), new Generator(7)));
    }

    [Fact]
    public void Train_WithDropout_LeavesItAlone() => AssertUntouched(() => MetaTrainer.Train(
        CoreData.Of(Some.Tasks(), LabelKind.Binary), new MetaTrainingOptions { Encoder = s_dropping, MaximumNumberOfIterations = 3 }));

    [Fact]
    public void State_AfterADrawFromIt_IsAnother() // else the tests above could not fail
    {
        using var scope = NewDisposeScope();
        byte[] before = State();
        rand(1);
        Assert.NotEqual(before, State());
    }

    private static void AssertUntouched(Action action)
    {
        byte[] before = State();
        action();
        Assert.Equal(before, State());
    }

    private static byte[] State()
    {
        using var scope = NewDisposeScope();
        return random.get_rng_state().bytes.ToArray();
    }
}
