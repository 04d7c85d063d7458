using System.Security.Cryptography;
using System.Text;
using MetaML.Extensions.Descriptions;
using MetaML.Extensions.Experiments.Checkpoints;
using MetaML.Files;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Experiments.Runs;

/// <summary>The finished runs of an experiment in a folder. The name of a file depends on the settings, the tasks and labels, and the run, so that only the same experiment finds it.</summary>
internal sealed class RunStore
{
    private readonly MLContext _context;
    private readonly string _folder;
    private readonly string _experiment;

    /// <param name="context">The context.</param>
    /// <param name="settings">The settings, with a seed and a folder.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="data">The tasks and their labels.</param>
    public RunStore(MLContext context, TaskExperimentSettings settings, ExperimentColumns columns, ExperimentData data)
    {
        _context = context;
        _folder = Directory.CreateDirectory(settings.CheckpointFolder!).FullName;
        var text = new StringBuilder(typeof(RunStore).Assembly.FullName).AppendLine().Append(columns).AppendLine();
        text.AppendJoin('\n', OptionText.Changes(settings with { CancellationToken = default, CheckpointFolder = null })).AppendLine();
        text.AppendJoin('\n', data.TrainingRows.View.Schema.Select(column => $"{column.Name} {column.Type}")).AppendLine();
        text.AppendJoin('\n', [.. data.TrainingTasks, "", .. data.Validation.TaskNames, "", .. data.Test?.TaskNames ?? []]).AppendLine();
        text.AppendJoin(' ', data.TrainingRows.Rows.Labels).AppendJoin(' ', data.TrainingRows.Rows.TaskOfRow);
        _experiment = text.ToString();
    }

    /// <summary>A finished run with its model; null if it is not in the folder, or cannot be read.</summary>
    /// <param name="plan">The plan of the run.</param>
    /// <param name="fold">The number of the fold that judged it, from 0.</param>
    public (StoredRun Run, ITransformer? Model)? Find(PlannedRun plan, int fold)
    {
        string path = PathOf(plan, fold);
        try
        {
            if (!File.Exists(path))
                return null;
            using var reader = new BinaryReader(File.OpenRead(path));
            var run = StoredRun.Read(reader);
            return (run, reader.ReadBoolean() ? _context.Model.Load(ModelOf(path), out _) : null);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or FormatException or InvalidOperationException)
        {
            Warn($"The finished run in {path} cannot be read, and is repeated. {error.Message}");
            return null;
        }
    }

    /// <summary>Keeps a finished run. A model that cannot be saved is not kept, and its run is repeated when the experiment resumes.</summary>
    public void Keep(PlannedRun plan, int fold, StoredRun run, ITransformer? model)
    {
        string path = PathOf(plan, fold);
        try
        {
            if (model is not null)
                _context.MetaLearning().SaveAtomic(model, null, ModelOf(path)); // before the run, which refers to it
            AtomicFile.Write(path, file =>
            {
                using var writer = new BinaryWriter(file, Encoding.UTF8, leaveOpen: true);
                run.Write(writer);
                writer.Write(model is not null);
            }, _ => { });
        }
        catch (Exception error) // a model of a user can throw any exception
        {
            Warn($"The run of '{plan.Name}' cannot be kept in {_folder}, and is repeated when the experiment resumes. {error.Message}");
        }
    }

    private string PathOf(PlannedRun plan, int fold) => Path.Combine(
        _folder, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{_experiment}\n{plan.Name}\n{plan.Kind}\n{plan.Iterations}\n{plan.Round}\n{fold}")))[..32] + ".run");

    private static string ModelOf(string run) => Path.ChangeExtension(run, ".zip");

    private void Warn(string message)
    {
        using IChannel channel = ((IHostEnvironment)_context).Register(nameof(RunStore)).Start("Checkpoint");
        channel.Warning(message);
    }
}
