using MetaML.Extensions.Persistence;
using MetaML.Files;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Persistence;

public sealed class SaveAtomicTests : IDisposable
{
    private readonly MLContext _ml = TrainerCase.NewContext();
    private readonly TemporaryFolder _folder = new();

    private string FileName => _folder["model.zip"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void SaveAtomic_NewAndOldFile_AreReadByPlainLoad()
    {
        var (model, rows) = Fitted();
        for (int i = 0; i < 2; i++)
        {
            _ml.MetaLearning().SaveAtomic(model, rows.Schema, FileName);
            Assert.Equal(model.Transform(rows).GetColumn<float>("Score"), _ml.Model.Load(FileName, out _).Transform(rows).GetColumn<float>("Score"));
            Assert.Equal(["model.zip"], Files());
        }
    }

    /// <summary>Watches the file in the same way as the PredictionEnginePool of Microsoft.Extensions.ML.</summary>
    [Fact]
    public void SaveAtomic_OverAnOldFile_IsSeenByAWatcherOfChanges()
    {
        var (model, rows) = Fitted();
        _ml.MetaLearning().SaveAtomic(model, rows.Schema, FileName);
        File.SetLastWriteTimeUtc(FileName, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        using var changed = new ManualResetEventSlim();
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(FileName)!, Path.GetFileName(FileName)) { NotifyFilter = NotifyFilters.LastWrite };
        ITransformer? seen = null;
        watcher.Changed += (_, _) =>
        {
            seen = _ml.Model.Load(FileName, out _); // the file is always complete
            changed.Set();
        };
        watcher.EnableRaisingEvents = true;
        _ml.MetaLearning().SaveAtomic(model, rows.Schema, FileName);
        Assert.True(changed.Wait(TimeSpan.FromSeconds(30)), "the watcher must see the new file");
        Assert.Equal(model.Transform(rows).GetColumn<float>("Score"), seen!.Transform(rows).GetColumn<float>("Score"));
        Assert.True(File.GetLastWriteTimeUtc(FileName).Year > 2020, "pollers compare times");
    }

    [Fact]
    public void SaveAtomic_FailsWhileWriting_LeavesTheOldFile()
    {
        File.WriteAllText(FileName, "old");
        Assert.Throws<IOException>(() => AtomicFile.Write(
            FileName,
            stream =>
            {
                stream.Write("half"u8);
                throw new IOException("No space left on device");
            },
            _ => { }));
        Assert.Equal("old", File.ReadAllText(FileName));
        Assert.Equal(["model.zip"], Files());
    }

    [Fact]
    public void SaveAtomic_WriterLosesAnError_IsNoticed()
    {
        File.WriteAllText(FileName, "old");
        var (model, rows) = Fitted();
        byte[] whole = SavedModels.Save(_ml, model, rows.Schema);
        foreach (int length in new[] { 0, 1, whole.Length / 2, whole.Length - 1 })
        {
            Assert.Throws<IOException>(() => AtomicFile.Write(FileName, stream => stream.Write(whole.AsSpan(0, length)), ModelArchive.Verify));
            Assert.Equal("old", File.ReadAllText(FileName));
        }

        AtomicFile.Write(FileName, stream => stream.Write(whole), ModelArchive.Verify);
        Assert.Equal(whole, File.ReadAllBytes(FileName));
    }

    [Fact]
    public void SaveAtomic_ReaderMeanwhile_SeesOneFileOrTheOther()
    {
        var (model, rows) = Fitted();
        _ml.MetaLearning().SaveAtomic(model, rows.Schema, FileName);
        var writer = new Thread(() =>
        {
            for (int i = 0; i < 20; i++)
                _ml.MetaLearning().SaveAtomic(model, rows.Schema, FileName);
        });
        writer.Start();
        MLContext other = TrainerCase.NewContext();
        do
            other.MetaLearning().LoadChecked(FileName, out _);
        while (writer.IsAlive);
    }

    [Fact]
    public void SaveAtomic_WhereItCannotBe_SaysSo()
    {
        var (model, rows) = Fitted();
        Assert.Throws<DirectoryNotFoundException>(() => _ml.MetaLearning().SaveAtomic(model, rows.Schema, _folder["nowhere/model.zip"]));
        Assert.Contains("folder", Assert.Throws<UnauthorizedAccessException>(() => _ml.MetaLearning().SaveAtomic(model, rows.Schema, _folder["."])).Message);
    }

    [LinuxFact]
    public void SaveAtomic_WhereNobodyMayWrite_SaysSo()
    {
        const string KernelFolder = "/sys"; // not writable, even for the administrator
        var (model, rows) = Fitted();
        Assert.Throws<UnauthorizedAccessException>(() => _ml.MetaLearning().SaveAtomic(model, rows.Schema, $"{KernelFolder}/model.zip"));
        Assert.NotNull(model.Transform(rows).Preview(1)); // the model still works
    }

    private (ITransformer Model, IDataView Rows) Fitted()
    {
        var trainer = new TrainerCase("binary", "Answer");
        IDataView rows = _ml.Data.LoadFromEnumerable(Some.Tasks(3));
        return (trainer.Trainer(_ml, trainer.Options(iterations: 0)).Fit(rows), rows);
    }

    private string[] Files() => [.. Directory.GetFiles(Path.GetDirectoryName(FileName)!).Select(path => Path.GetFileName(path))];
}
