using System.Collections.Concurrent;
using MetaML.Files;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Persistence;

/// <summary>A watcher of a model's file is notified of a replacement and then reads the new file.</summary>
public sealed class WatchedFileTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly MLContext _ml = TrainerCase.NewContext();
    private readonly TemporaryFolder _folder = new();

    private string FileName => _folder["model.zip"];

    public void Dispose() => _folder.Dispose();

    // Source: FileModelLoader of Microsoft.Extensions.ML, which PredictionEnginePool.FromFile(watchForChanges: true) uses.
    [Fact]
    public void SaveAtomic_WatcherOfTheEnginePool_LoadsTheNewModel()
    {
        var trainer = new TrainerCase("binary", "Answer");
        IDataView rows = _ml.Data.LoadFromEnumerable(Some.Tasks(3));
        ITransformer model = trainer.Trainer(_ml, trainer.Options(iterations: 0)).Fit(rows);
        _ml.MetaLearning().SaveAtomic(model, rows.Schema, FileName);
        using var loaded = new BlockingCollection<ITransformer>();
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(FileName)!, Path.GetFileName(FileName));
        watcher.EnableRaisingEvents = true;
        watcher.Changed += (_, _) => loaded.Add(_ml.Model.Load(FileName, out DataViewSchema _));

        for (int task = 40; task < 43; task++)
        {
            model = _ml.MetaLearning().Adapt(model, _ml.Data.LoadFromEnumerable(Some.Tasks(1, firstTask: task)));
            _ml.MetaLearning().SaveAtomic(model, rows.Schema, FileName);
            ITransformer? seen;
            do
                Assert.True(loaded.TryTake(out seen, s_patience), $"no watcher was notified of task{task}");
            while (!_ml.MetaLearning().KnowsTask(seen!, $"task{task}"));
        }
    }

    [Theory]
    [InlineData(NotifyFilters.LastWrite)]
    [InlineData(NotifyFilters.LastWrite | NotifyFilters.FileName | NotifyFilters.DirectoryName)]
    public void Write_ReplacedFile_RaisesChanged(NotifyFilters filter)
    {
        Write("old");
        using var changes = new BlockingCollection<string>();
        using var watcher = new FileSystemWatcher(Path.GetDirectoryName(FileName)!, "*.zip") { NotifyFilter = filter };
        watcher.Changed += (_, change) => changes.Add($"{change.Name} {File.ReadAllText(change.FullPath)}");
        watcher.EnableRaisingEvents = true;
        Write("new");
        Assert.True(changes.TryTake(out string? change, s_patience));
        Assert.Equal("model.zip new", change);
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(0)]
    [InlineData(3600)] // a time in the future, after the clock was set back or from another machine
    public void Write_ReplacedFile_IsLaterThanTheOldOne(int seconds)
    {
        Write("old");
        File.SetLastWriteTimeUtc(FileName, DateTime.UtcNow.AddSeconds(seconds));
        for (int i = 0; i < 50; i++)
        {
            DateTime before = File.GetLastWriteTimeUtc(FileName);
            Write("new");
            Assert.True(File.GetLastWriteTimeUtc(FileName) > before);
        }
    }

    private void Write(string text) => AtomicFile.Write(FileName, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)), _ => { });
}
