using MetaML.Data;
using MetaML.Files;
using MetaML.TestKit;
using MetaML.Training;
using MetaML.Training.Checkpoints;
using Xunit;

namespace MetaML.Core.Tests.Files;

public sealed class CheckpointFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TaskSet _set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
    private readonly MetaTrainingOptions _options;

    public CheckpointFileTests() => _options = new()
    {
        Encoder = new MlpEncoderOptions { HiddenUnits = [4], EmbeddingDimension = 3 },
        Adapter = new RidgeAdapterOptions(),
        TaskWeighting = new GivenWeightingOptions { Weights = new Dictionary<string, double> { ["task1"] = 2 } },
        MaximumNumberOfIterations = 6,
        CheckpointPath = FileName,
    };

    private string FileName => _folder["training.checkpoint"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Train_OtherOptions_AreRefusedByName()
    {
        Interrupt();
        void Refused(string says, MetaTrainingOptions options, TaskSet? set = null)
        {
            string message = Assert.Throws<InvalidOperationException>(() => MetaTrainer.Train(set ?? _set, options)).Message;
            Assert.StartsWith("MetaTrainingOptions.CheckpointPath must name no file, or a checkpoint of this training; got '", message);
            Assert.Contains(says, message);
        }

        Refused("other options: LearningRate = 0.005.", _options with { LearningRate = 0.01 });
        Refused("other options: Seed = null.", _options with { Seed = 0 });
        Refused("other options: MaximumNumberOfIterations = 6.", _options with { MaximumNumberOfIterations = 7 });
        Refused("other options: Encoder.HiddenUnits[0] = 4.", _options with { Encoder = new MlpEncoderOptions { HiddenUnits = [5], EmbeddingDimension = 3 } });
        Refused("other options: Adapter = RidgeAdapterOptions", _options with { Adapter = new LogisticAdapterOptions() });
        Refused("TaskWeighting.Weights[0].Value = 2", _options with { TaskWeighting = new GivenWeightingOptions { Weights = new Dictionary<string, double> { ["task1"] = 3 } } });
        Refused("other data", _options, CoreData.Of(Some.Tasks(seed: 2), LabelKind.Binary));
        List<TaskRow> renamed = Some.Tasks();
        renamed[0].Task = "task0 "; // the smallest possible change
        Refused("other data", _options, CoreData.Of(renamed, LabelKind.Binary));
        CheckpointFile file = CheckpointFile.Read(FileName);
        (file with { Version = "9.9.9" }).Write(FileName);
        Refused("version 9.9.9 of the library", _options);
        file.Write(FileName);
        MetaTrainer.Train(_set, _options with { CheckpointInterval = 3, NumberOfThreads = 1, Progress = new Reports(_ => { }), KeepBestWhenCancelled = true });
    }

    [Fact]
    public void Fingerprint_EveryOption_IsInItOrMayChange()
    {
        string[] free = ["CheckpointPath", "CheckpointInterval", "CancellationToken", "KeepBestWhenCancelled", "NumberOfThreads", "Device", "Progress", "MaximumTrainingTime", "KeepStatistics", "StatisticsBufferRows"];
        string[] known = [.. TrainingFingerprint.OfOptions(_options).Split('\n').Select(line => line.Split(' ', '.')[0]).Distinct()];
        Assert.Equal(typeof(MetaTrainingOptions).GetProperties().Select(property => property.Name).Order(), known.Concat(free).Order());
    }

    [Fact]
    public void Fingerprint_PretrainedEncoder_IsOfItsValues()
    {
        MetaTrainingOptions Of(int seed) => _options with { Encoder = new PretrainedEncoderOptions { Model = MetaTrainer.Train(_set, _options with { Seed = seed, CheckpointPath = null, MaximumNumberOfIterations = 0 }) } };
        Assert.Equal(TrainingFingerprint.OfOptions(Of(1)), TrainingFingerprint.OfOptions(Of(1)));
        Assert.NotEqual(TrainingFingerprint.OfOptions(Of(1)), TrainingFingerprint.OfOptions(Of(2)));
    }

    [Fact]
    public void Read_DamagedFile_IsRefused()
    {
        Interrupt();
        byte[] whole = File.ReadAllBytes(FileName);
        Assert.Equal(whole, CheckpointFile.FromBytes(whole).ToBytes());
        var random = new Random(1);
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = Damage(whole, random);
            if (!damaged.AsSpan().SequenceEqual(whole))
                Assert.Throws<InvalidDataException>(() => CheckpointFile.FromBytes(damaged));
        }

        File.WriteAllText(FileName, "my own notes");
        Assert.Contains("must be a checkpoint of MetaML", Assert.Throws<InvalidDataException>(() => MetaTrainer.Train(_set, _options)).Message);
        Assert.Equal("my own notes", File.ReadAllText(FileName));
    }

    [Fact]
    public void Train_HostileFileWithARightChecksum_TrainsOrIsRefusedAsDocumented()
    {
        Interrupt();
        CheckpointFile file = CheckpointFile.Read(FileName);
        var random = new Random(2);
        int trained = 0, refused = 0;
        for (int i = 0; i < 150; i++)
        {
            CheckpointFile hostile = (i % 3) switch
            {
                0 => file with { Loops = [Damage(file.Loops[0], random)] },
                1 => file with { Loops = [file.Loops[0], file.Loops[0], Damage(file.Loops[0], random)] }, // more loops than the training has
                _ => file with { Loops = [Damage(file.Loops[0], random)[..(4 * random.Next(4))]] },
            };
            hostile.Write(FileName);
            Exception? error = Record.Exception(() => MetaTrainer.Train(_set, _options));
            Assert.True(error is null or InvalidDataException or InvalidOperationException, error?.ToString());
            trained += error is null ? 1 : 0;
            refused += error is null ? 0 : 1;
        }

        Assert.InRange(trained, 1, 140);
        Assert.InRange(refused, 1, 140);
    }

    [Fact]
    public void Train_WhereNoCheckpointCanBeWritten_SaysSoBeforeItBegins()
    {
        int steps = 0;
        MetaTrainingOptions options = _options with { CheckpointPath = _folder["nowhere/training.checkpoint"], Progress = new Reports(_ => steps++) };
        string message = Assert.Throws<IOException>(() => MetaTrainer.Train(_set, options)).Message;
        Assert.StartsWith("MetaTrainingOptions.CheckpointPath must name a file that can be written; got '", message);
        Assert.Throws<IOException>(() => MetaTrainer.Train(_set, options with { CheckpointPath = _folder["."] }));
        Assert.Equal(0, steps);
    }

    [LinuxFact]
    public void Train_WhereNobodyMayWriteACheckpoint_SaysSoBeforeItBegins() =>
        Assert.IsType<UnauthorizedAccessException>(Assert.Throws<IOException>(() => MetaTrainer.Train(_set, _options with { CheckpointPath = "/sys/training.checkpoint" })).InnerException);

    [Fact]
    public void Train_FolderGoneMeanwhile_WarnsAndLosesNothing()
    {
        byte[] expected = Bytes.Of(MetaTrainer.Train(_set, _options with { CheckpointPath = null }).Write);
        Directory.CreateDirectory(_folder["inner"]);
        var warnings = new List<string>();
        MetaTrainingOptions options = _options with
        {
            CheckpointPath = _folder["inner/training.checkpoint"],
            CheckpointInterval = 2,
            Progress = new Reports(report =>
            {
                if (report.Iteration == 3)
                    Directory.Delete(_folder["inner"], recursive: true);
            }),
        };
        Assert.Equal(expected, Bytes.Of(MetaTrainer.Train(_set, options, warn: warnings.Add).Write));
        Assert.Equal(2, warnings.Count); // after 4 and 6 steps
        Assert.All(warnings, warning => Assert.Contains("Training continues", warning));
    }

    // Stops with a checkpoint after three steps.
    private void Interrupt()
    {
        using var source = new CancellationTokenSource();
        var progress = new Reports(report =>
        {
            if (report.Iteration == 3)
                source.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => MetaTrainer.Train(_set, _options with { Progress = progress, CancellationToken = source.Token }));
    }

    private static byte[] Damage(byte[] whole, Random random)
    {
        byte[] damaged = [.. whole];
        switch (random.Next(4))
        {
            case 0:
                return damaged[..random.Next(damaged.Length)];
            case 1:
                return [.. damaged, .. damaged.AsSpan(0, 1 + random.Next(100))];
            case 2:
                random.NextBytes(damaged.AsSpan(random.Next(damaged.Length)));
                return damaged;
            default:
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                return damaged;
        }
    }
}
