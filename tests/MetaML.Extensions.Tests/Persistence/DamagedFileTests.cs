using System.IO.Compression;
using System.Text;
using MetaML.TestKit;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests.Persistence;

public sealed class DamagedFileTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Theory]
    [InlineData("METALRNR")]
    [InlineData("METAOUTS")]
    [InlineData("METAENCO")]
    public void Load_NewerVersion_SaysSo(string modelSignature)
    {
        byte[] saved = Edit(modelSignature switch { "METALRNR" => Saved(), "METAOUTS" => SavedOutputs(), _ => SavedEncoder() }, bytes =>
        {
            int signature = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(modelSignature));
            bytes[signature + 8] = 0x99; // the written version; then the version that a reader must know
            bytes[signature + 12] = 0x99;
            return bytes;
        });
        Assert.Contains("newer version", string.Join(" ", Chain(Assert.ThrowsAny<Exception>(() => Load(saved))).Select(error => error.Message)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_TruncatedOrDamagedEntry_LoadsOrThrowsAnException(bool isMultiOutput)
    {
        byte[] saved = isMultiOutput ? SavedOutputs() : Saved();
        var random = new Random(1);
        int failures = 0;
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = Edit(saved, bytes =>
            {
                if (i % 3 == 0)
                    return bytes[..random.Next(bytes.Length)];
                bytes[random.Next(Math.Min(bytes.Length, 1500))] ^= (byte)(1 << random.Next(8));
                return bytes;
            });
            Exception? error = Record.Exception(() => Load(damaged));
            failures += error is null ? 0 : 1;
            Assert.True(error is null || Chain(error).Any(e => e is InvalidDataException or EndOfStreamException or FormatException or InvalidOperationException), $"{error}");
        }

        Assert.InRange(failures, 100, 300);
    }

    private byte[] Saved()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks());
        using var stream = new MemoryStream();
        var binary = new TrainerCase("binary", "Answer");
        _ml.Model.Save(binary.Trainer(_ml, binary.Options(iterations: 2)).Fit(data), data.Schema, stream);
        return stream.ToArray();
    }

    private byte[] SavedOutputs()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(OutputRow.Rows(20));
        using var stream = new MemoryStream();
        var options = new MultiOutputOptions { Outputs = [new("Price"), new("Sold")], Encoder = new MlpEncoderOptions { HiddenUnits = [32], EmbeddingDimension = 8 }, MaximumNumberOfIterations = 0 };
        _ml.Model.Save(_ml.MetaLearning().MultiOutput(options).Fit(data), data.Schema, stream);
        return stream.ToArray();
    }

    private byte[] SavedEncoder()
    {
        var trainer = new TrainerCase("binary", "Answer");
        IDataView rows = _ml.Data.LoadFromEnumerable(Some.Tasks(3));
        using var stream = new MemoryStream();
        _ml.Model.Save(_ml.MetaLearning().SharedEncoder(trainer.Trainer(_ml, trainer.Options(iterations: 0)).Fit(rows)).Fit(rows), rows.Schema, stream);
        return stream.ToArray();
    }

    private void Load(byte[] saved)
    {
        using var stream = new MemoryStream(saved);
        _ml.Model.Load(stream, out _);
    }

    // ML.NET wraps the exception of a loader.
    private static IEnumerable<Exception> Chain(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
            yield return error;
    }

    // The file with a changed entry of this package.
    private static byte[] Edit(byte[] saved, Func<byte[], byte[]> edit)
    {
        using var stream = new MemoryStream();
        stream.Write(saved);
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Update, leaveOpen: true))
        {
            ZipArchiveEntry entry = zip.Entries.Single(e => e.Name == "Model.key");
            using var content = new MemoryStream();
            using (Stream old = entry.Open())
                old.CopyTo(content);
            string name = entry.FullName;
            entry.Delete();
            using Stream renewed = zip.CreateEntry(name).Open();
            renewed.Write(edit(content.ToArray()));
        }

        return stream.ToArray();
    }
}
