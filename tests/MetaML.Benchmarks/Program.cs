// dotnet run -c Release --project tests/MetaML.Benchmarks -- verb [name] [--data folder] [--methods beginning]; quality combinations --count seconds; reliability files|verdicts --count number; quality omniglot-small|omniglot-settings|omniglot-unlabelled --count steps; quality prior-fitted-tasks --count draws --tasks number; quality unlabelled --tables folder; speed fit-memory --count rows; speed linear-prior --count features; speed small-data --log; speed million-tasks --count tasks --default; scale tenants|prior|network --count number; reliability golden --write
using System.Globalization;
using MetaML.Benchmarks;
using MetaML.Benchmarks.Cost;
using MetaML.Benchmarks.Quality;
using MetaML.Benchmarks.Reliability;
using MetaML.Benchmarks.Scale;
using MetaML.Benchmarks.Speed;

(string Verb, Benchmark[] Benchmarks)[] verbs =
[
    ("quality",
    [
        new("sine", null, _ => Sine.Run()), // generates its data
        new("school", "school", School.Run),
        new("computers", "computers", Computers.Run),
        new("label-sizes", "computers", LabelSizes.Run),
        new("default", "", folder => Defaults.Run(folder, Option("--methods") ?? "")),
        new("combinations", "", folder => Combinations.Run(folder, Number("--count") ?? 120)),
        new("calibration", null, _ => Calibration.Run(Option("--methods") ?? "")), // makes its own data
        new("calibration-classes", null, _ => ClassCalibration.Run(Option("--methods") ?? "")), // makes its own data
        new("drift", null, _ => Drift.Run()), // makes its own data
        new("conformal", "", Conformal.Run),
        new("conformal-sets", "clinc150", ConformalSets.Run),
        new("bandit", null, _ => Bandits.Run()), // makes its own data
        new("relatedness", "", Relatedness.Run),
        new("counts", "mixed", Counts.Run),
        new("prior-fitted-tasks", "", folder => PriorFittedTasks.Run(folder, Option("--methods") ?? "", Number("--count"), Number("--tasks"))),
        new("omniglot-small", "omniglot", folder => Omniglot.RunSmall(folder, Option("--methods") ?? "", Number("--count"))),
        new("omniglot-settings", "omniglot", folder => Omniglot.RunSettings(folder, Option("--methods") ?? "", Number("--count"))),
        new("omniglot", "omniglot", Omniglot.Run),
        new("omniglot-unlabelled", "omniglot", folder => Omniglot.RunUnlabelled(folder, Number("--count"))),
        new("omniglot-resnet", "omniglot", OmniglotResNet.Run),
        new("unlabelled", "", folder => Unlabelled.Run(folder, Option("--tables"))),
        new("clinc150", "clinc150", Clinc150.Run),
        new("clinc150-minilm", "clinc150", folder => Clinc150MiniLm.Run(folder, Option("--methods") ?? "")),
        new("experts", "digits", Experts.Run),
        new("digits-presets", null, _ => DigitsPresets.Run()), // uses the data of the example
    ]),
    ("reliability",
    [
        new("files", null, _ => Files.Run(Number("--count") ?? 100_000)),
        new("concurrency", null, _ => Concurrency.Run()),
        new("soak", null, _ => Soak.Run()),
        new("gc", null, _ => Collections.Run()),
        new("checkpoints", null, _ => Checkpoints.Run()),
        new("numerics", null, _ => Numerics.Run()),
        new("verdicts", null, _ => Verdicts.Run(Number("--count") ?? 200)),
        new("golden", null, _ => Golden.Run(write: args.Contains("--write"))),
    ]),
    ("speed",
    [
        new("score-bulk", null, _ => ScoreBulk.Run()),
        new("score-one", null, _ => ScoreOne.Run()),
        new("load-score", null, _ => LoadScore.Run()),
        new("adapt-many", null, _ => AdaptMany.Run()),
        new("one-more-task", null, _ => OneMoreTask.Run()),
        new("update", null, _ => LiveUpdate.Run()),
        new("decide", null, _ => Decisions.Run()),
        new("maml-sine", null, _ => MamlSine.Run()),
        new("growth", null, _ => MamlSine.RunGrowth()),
        new("anil", null, _ => FewShot.RunAnil()),
        new("ridge", null, _ => FewShot.RunRidge()),
        new("prototype", null, _ => FewShot.RunPrototype()),
        new("conv4", null, _ => Conv4.Run()),
        new("fit-memory", null, _ => FitMemory.RunDense(Number("--count") ?? 2_000_000)),
        new("fit-memory-sparse", null, _ => FitMemory.RunSparse()),
        new("linear-prior", null, _ => LinearPrior.Run(Number("--count"))),
        new("small-data", null, _ => SmallData.Run(logs: args.Contains("--log"))),
        new("lmer", null, _ => Lmer.Run()),
        new("million-tasks", null, _ => MillionTasks.Run(Number("--count") ?? 1_000_000, isDefault: args.Contains("--default"))),
    ]),
    ("scale",
    [
        new("tenants", null, _ => Tenants.Run(Number("--count") ?? 100_000)),
        new("prior", null, _ => ShardedPrior.Run(Number("--count") ?? 1_000_000)),
        new("network", null, _ => ShardedNetwork.Run(Number("--count") ?? 100)),
    ]),
];

string[] words = [.. args.TakeWhile(word => !word.StartsWith("--", StringComparison.Ordinal))];
Methods.Only(Option("--methods") ?? "");
string root = Option("--data") ?? Path.Combine("..", "shared", "data");
Benchmark[] benchmarks = verbs.FirstOrDefault(verb => words.Length > 0 && verb.Verb == words[0]).Benchmarks ?? [];
Benchmark[] chosen = [.. benchmarks.Where(benchmark => words.Length < 2 || words[1] == benchmark.Name)];
if (chosen.Length == 0)
{
    Console.Error.WriteLine("usage:");
    foreach (var (verb, all) in verbs)
        Console.Error.WriteLine($"  {verb} [{string.Join("|", all.Select(benchmark => benchmark.Name))}] [--data folder] [--methods beginning]");
    return 1;
}

foreach (Benchmark benchmark in chosen)
    benchmark.RunIn(root);
return 0;

int? Number(string name) => Option(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var index && index + 1 < args.Length ? args[index + 1] : null;
