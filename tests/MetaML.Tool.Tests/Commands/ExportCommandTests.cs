using System.Globalization;
using MetaML.TestKit;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Xunit;

namespace MetaML.Tool.Tests.Commands;

public sealed class ExportCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("sales")]
    [InlineData("mood")]
    public void Export_Onnx_PredictsAsPredict(string label)
    {
        File.WriteAllText(_folder["shops.csv"], Shops.Csv(0, 8, 20));
        string[] ignored = [.. new[] { "sales", "mood", "sold_out", "remark", "day" }.Where(name => name != label).SelectMany(name => new[] { "--ignore", name })];
        ToolRun.Succeeding(["train", _folder["shops.csv"], "-t", "shop", "-l", label, .. ignored, "-o", _folder["model.zip"]]);
        ToolRun.Succeeding("export", _folder["model.zip"], "--onnx", _folder["model.onnx"]);
        File.WriteAllText(_folder["rows.csv"], "shop,price,weather\nshop 3,1.5,sunny\nshop 5,,rainy\n");
        string[][] predicted = [.. ToolRun.Succeeding("predict", _folder["model.zip"], _folder["rows.csv"]).Output.ReplaceLineEndings("\n").Trim().Split('\n').Skip(1).Select(line => line.Split(','))];

        using var session = new InferenceSession(_folder["model.onnx"]);
        using var results = session.Run(
        [
            NamedOnnxValue.CreateFromTensor("shop", new DenseTensor<string>(new[] { "shop 3", "shop 5" }, [2, 1])),
            NamedOnnxValue.CreateFromTensor("price", new DenseTensor<float>(new[] { 1.5f, float.NaN }, [2, 1])),
            NamedOnnxValue.CreateFromTensor("weather", new DenseTensor<string>(new[] { "sunny", "rainy" }, [2, 1])),
        ]);
        float[] scores = [.. results.Single(result => result.Name == "Score.output").AsEnumerable<float>()];
        for (int row = 0; row < 2; row++)
        {
            float score = label == "sales" ? scores[row] : scores.Chunk(scores.Length / 2).ElementAt(row).Max();
            Assert.Equal(float.Parse(predicted[row][label == "sales" ? 3 : 4], CultureInfo.InvariantCulture), score, 1e-3f);
        }
    }

    [Fact]
    public void Export_ModelWithTexts_IsRefused_AndWritesNothing()
    {
        File.WriteAllText(_folder["shops.csv"], Shops.Csv(0, 8, 20));
        ToolRun.Succeeding("train", _folder["shops.csv"], "-t", "shop", "-l", "sales", "-o", _folder["model.zip"]);
        Assert.Contains("must have no columns of texts to become ONNX", ToolRun.Refused("export", _folder["model.zip"], "--onnx", _folder["model.onnx"]), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["model.onnx"]));
    }

    public void Dispose() => _folder.Dispose();
}
