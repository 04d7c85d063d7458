using System.Globalization;
using MetaML;
using MetaML.PriorFitting.Evaluation;
using MetaML.Pretrained.Network;
using MetaML.PriorFitting.Training;
using TorchSharp;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
TorchRuntime.EnsureLoaded();
var settings = args.Skip(1).Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
int Number(string name, int value) => settings.TryGetValue(name, out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : value;
string folder = settings.GetValueOrDefault("--folder", "prior-fitting");
switch (args.FirstOrDefault())
{
    case "train":
        var defaults = new TrainingOptions();
        var options = defaults with
        {
            Steps = Number("--steps", defaults.Steps),
            DecaySteps = Number("--decay", defaults.DecaySteps),
            RowsPerStep = Number("--rows", defaults.RowsPerStep),
            Seed = Number("--seed", defaults.Seed),
            Threads = Number("--threads", defaults.Threads),
        };
        NetworkWeights? start = settings.TryGetValue("--start", out string? weights) ? NetworkWeights.FromBytes(File.ReadAllBytes(weights)) : null;
        using (torch.NewDisposeScope())
            new PriorTrainer(options with { Shape = start?.Shape ?? options.Shape }, folder, start).Run();
        return 0;
    case "export":
        using (torch.NewDisposeScope())
            File.WriteAllBytes(settings["--weights"], new PriorTrainer(new TrainingOptions(), folder).Weights().ToBytes());
        return 0;
    case "speed":
        SpeedMeasurement.Run(Number("--views", 4));
        return 0;
    case "evaluate":
        var evaluation = new RealEvaluation(Number("--draws", 20), Number("--views", 4), settings.GetValueOrDefault("--results"));
        foreach (var kind in RealTable.Read(settings["--tables"], settings["--data"], settings.GetValueOrDefault("--split", "look")).GroupBy(table => table.Kind)
            .Where(kind => kind.Key.ToString().StartsWith(settings.GetValueOrDefault("--kind", ""), StringComparison.OrdinalIgnoreCase)))
        {
            evaluation.Run([.. kind], settings.GetValueOrDefault("--methods", ""));
        }

        return 0;
    default:
        Console.Error.WriteLine("Usage: train [--folder F] [--steps N] [--decay N] [--rows N] [--seed N] [--threads N] [--start WEIGHTS]\n"
            + "       export --weights FILE [--folder F]\n"
            + "       speed [--views N]\n"
            + "       evaluate --tables RealTables/tables.tsv --data FOLDER [--split look|end] [--kind binary|multiclass|regression] [--draws N] [--views N] [--methods NAME] [--results FILE]");
        return 1;
}
