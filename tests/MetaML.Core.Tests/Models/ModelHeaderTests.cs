using System.Text.Json.Nodes;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Models;

/// <summary>Invalid files that a single flipped bit cannot produce, but a careless or hostile writer can.</summary>
public sealed class ModelHeaderTests
{
    [Theory]
    [InlineData("Encoder", "null")]
    [InlineData("Adapter", "null")]
    [InlineData("Kind", "9")]
    [InlineData("CommonOutputs", "0")]
    [InlineData("CommonOutputs", "-2")]
    [InlineData("CommonOutputs", "5")] // binary labels have one output
    [InlineData("FeatureCount", "0")]
    [InlineData("FeatureCount", "-6")]
    [InlineData("LabelDeviation", "0")]
    [InlineData("LabelDeviation", "-1")]
    [InlineData("Calibration", """{ "Slopes": [1], "PriorSlopes": [0], "Offsets": [0] }""")]
    [InlineData("Calibration", """{ "Slopes": [1, 1, 1, 1, 1], "PriorSlopes": null, "Offsets": [0, 0, 0, 0, 0] }""")]
    [InlineData("Training", """{ "Reasons": null }""")]
    [InlineData("Training", """{ "Reasons": [null] }""")]
    [InlineData("Training", """{ "Iterations": 3, "BestIteration": 4 }""")]
    [InlineData("Training", """{ "TaskCount": -1 }""")]
    public void Read_HeaderThatDescribesNoModel_ThrowsInvalidData(string field, string value)
    {
        byte[] bytes = WithHeader(Saved(), header => header[field] = JsonNode.Parse(value));
        Assert.Throws<InvalidDataException>(() => Read(bytes));
    }

    [Fact]
    public void Read_UntouchedHeaderWrittenAgain_IsRead() =>
        Assert.Equal(LabelKind.Binary, Read(WithHeader(Saved(), _ => { })).Kind); // so each case above fails only because of its field

    [Fact]
    public void Read_HeaderOfAnEarlierVersion_KnowsNoTraining()
    {
        Assert.NotNull(Read(Saved()).Training);
        Assert.Null(Read(WithHeader(Saved(), header => header.Remove("Training"))).Training);
    }

    [Fact]
    public void Read_ModelOfFormatVersion1_HasNoCalibrationAndNoOffset()
    {
        byte[] bytes = WithHeader(Saved(), header => header.Remove("Calibration"))[..^sizeof(float)]; // the offset is a ridge head's last value
        bytes[0] = 1;
        MetaModel model = Read(bytes);
        Assert.Null(model.Calibration);
        Assert.Equal(0, model.AdapterArrays[^1][0]);
    }

    [Fact]
    public void Read_NegativeHeaderLength_ThrowsInvalidData()
    {
        byte[] bytes = [.. BitConverter.GetBytes(1), 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0];
        Assert.Throws<InvalidDataException>(() => Read(bytes));
    }

    [Fact]
    public void Read_HugeEmbeddingInShortFile_AllocatesNothingOfThatSize()
    {
        byte[] bytes = WithHeader(Saved(), header =>
        {
            header["Encoder"]!["EmbeddingDimension"] = 20_000;
            header["Adapter"] = new JsonObject { ["$type"] = "bayesian", ["Covariance"] = (int)PriorCovariance.Full, ["Fit"] = (int)PriorFit.EmpiricalBayes };
        });
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<EndOfStreamException>(() => Read(bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000_000); // 20,000² floats would be 1.6 GB
    }

    private static byte[] WithHeader(byte[] bytes, Action<JsonObject> edit)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        int version = reader.ReadInt32();
        JsonObject header = JsonNode.Parse(reader.ReadString())!.AsObject();
        edit(header);
        byte[] rest = reader.ReadBytes(bytes.Length);
        return Bytes.Of(writer =>
        {
            writer.Write(version);
            writer.Write(header.ToJsonString());
            writer.Write(rest);
        });
    }

    private static byte[] Saved()
    {
        MetaModel model = MetaTrainer.Train(
            CoreData.Of(Some.Tasks(4), LabelKind.Binary),
            new MetaTrainingOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [4], EmbeddingDimension = 3 }, MaximumNumberOfIterations = 0 });
        return Bytes.Of(model.Write);
    }

    private static MetaModel Read(byte[] bytes) => MetaModel.Read(new BinaryReader(new MemoryStream(bytes)));
}
