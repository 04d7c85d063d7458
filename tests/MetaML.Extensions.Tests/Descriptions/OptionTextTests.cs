using MetaML.Extensions.Descriptions;
using Xunit;

namespace MetaML.Extensions.Tests.Descriptions;

public sealed class OptionTextTests
{
    [Fact]
    public void Of_Options_SaysWhatDiffersFromTheDefaults()
    {
        Assert.Equal("Ridge", OptionText.Of(new RidgeAdapterOptions()));
        Assert.Equal("Mlp(HiddenUnits = [16, 8], LinearPath)", OptionText.Of(new MlpEncoderOptions { HiddenUnits = [16, 8], LinearPath = true }));
        Assert.Equal("Gradient(Scope = All, InnerLearningRate = 0.5)", OptionText.Of(new GradientAdapterOptions { Scope = GradientScope.All, InnerLearningRate = 0.5 }));
    }
}
