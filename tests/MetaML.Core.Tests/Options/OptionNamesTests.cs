using System.Text;
using MetaML.Adapters;
using MetaML.Adapters.ClosedForm;
using MetaML.Data;
using MetaML.Encoders;
using MetaML.Models;
using MetaML.Parameters;
using Xunit;

namespace MetaML.Core.Tests.Options;

public sealed class OptionNamesTests
{
    [Fact]
    public void Register_OptionsOfAnotherAssembly_ModelIsReadAsItWasWritten()
    {
        AdapterOptions.Register<OtherAdapterOptions>("tests.other");
        EncoderOptions.Register<OtherEncoderOptions>("tests.copy");
        AdapterOptions.Register<OtherAdapterOptions>("tests.other"); // a second registration has no effect
        var design = new MetaModelDesign(LabelKind.Binary, 3, 1, new OtherEncoderOptions(), new OtherAdapterOptions { Strength = 3 });
        byte[] file = Write(design);
        Assert.Contains("\"$type\":\"tests.other\"", Encoding.UTF8.GetString(file), StringComparison.Ordinal);
        MetaModel read = MetaModel.Read(new BinaryReader(new MemoryStream(file)));
        Assert.Equal(3, Assert.IsType<OtherAdapterOptions>(read.AdapterOptions).Strength);
        Assert.IsType<OtherEncoderOptions>(read.EncoderOptions);
    }

    [Fact]
    public void Read_NameThatIsNotRegistered_SaysSo()
    {
        AdapterOptions.Register<OtherAdapterOptions>("tests.other");
        byte[] file = Write(new MetaModelDesign(LabelKind.Binary, 3, 1, new IdentityEncoderOptions(), new OtherAdapterOptions()));
        int at = file.AsSpan().IndexOf("tests.other"u8);
        "tests.absen"u8.CopyTo(file.AsSpan(at));
        var error = Assert.Throws<InvalidDataException>(() => MetaModel.Read(new BinaryReader(new MemoryStream(file))));
        Assert.Contains("has an adapter or encoder that this program did not register (AdapterOptions.Register)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Register_NameOrTypeIsTaken_Throws()
    {
        AdapterOptions.Register<OtherAdapterOptions>("tests.other");
        Assert.Throws<ArgumentException>("name", () => AdapterOptions.Register<AnotherAdapterOptions>("tests.other"));
        Assert.Throws<ArgumentException>("name", () => AdapterOptions.Register<OtherAdapterOptions>("tests.again"));
        EncoderOptions.Register<OtherEncoderOptions>("tests.copy"); // names of encoders are separate
    }

    [Theory]
    [InlineData("nodot")]
    [InlineData(" ")]
    public void Register_NameWithoutDot_Throws(string name) => Assert.Throws<ArgumentException>(nameof(name), () => AdapterOptions.Register<AnotherAdapterOptions>(name));

    [Fact]
    public void Validate_OptionsThatAreNotRegistered_SaysHowToRegister()
    {
        var error = Assert.Throws<ArgumentException>(() => new MetaTrainingOptions { Adapter = new AnotherAdapterOptions() }.Validate(LabelKind.Binary));
        Assert.Equal("MetaTrainingOptions.Adapter must be of a registered type; got AnotherAdapterOptions. A model could not be saved. Call AdapterOptions.Register<AnotherAdapterOptions>(\"your.name\") when the program starts. (Parameter 'Adapter')", error.Message);
    }

    private static byte[] Write(MetaModelDesign design)
    {
        using var stream = new MemoryStream();
        ParameterArray[] Values(IReadOnlyList<ParameterSpec> specs) => [.. specs.Select(spec => new ParameterArray(spec.Name, spec.Initialize(new Random(1))))];
        new MetaModel(design, null, LabelScaling.None, Values(design.Encoder.Parameters), Values(design.Adapter.Parameters)).Write(new BinaryWriter(stream));
        return stream.ToArray();
    }

    private sealed record OtherAdapterOptions : AdapterOptions
    {
        public double Strength { get; set; } = 1;

        public override IAdapter Create(HeadShape shape) => new RidgeAdapter(shape, new RidgeAdapterOptions { InitialPenalty = Strength });
    }

    private sealed record AnotherAdapterOptions : AdapterOptions
    {
        public override IAdapter Create(HeadShape shape) => new RidgeAdapter(shape, new RidgeAdapterOptions());
    }

    private sealed record OtherEncoderOptions : EncoderOptions
    {
        public override IEncoder Create(int featureCount) => new IdentityEncoder(featureCount);

        public override void Validate()
        {
        }
    }
}
