using System.Globalization;
using MetaML;
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
        using (torch.NewDisposeScope())
            new PriorTrainer(options, folder).Run();
        return 0;
    default:
        Console.Error.WriteLine("Usage: train [--folder F] [--steps N] [--decay N] [--rows N] [--seed N] [--threads N]");
        return 1;
}
