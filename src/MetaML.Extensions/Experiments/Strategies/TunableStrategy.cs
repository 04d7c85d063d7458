using System.Globalization;
using MetaML.Extensions.Experiments.Runs;

namespace MetaML.Extensions.Experiments.Strategies;

/// <summary>A strategy with numeric options that the search changes.</summary>
/// <param name="Options">The options.</param>
/// <param name="Plan">Plans a run, given a value for each option.</param>
internal sealed record TunableStrategy(IReadOnlyList<SearchedOption> Options, Func<IReadOnlyList<double>, PlannedRun> Plan)
{
    /// <summary>The name of the strategy with its defaults.</summary>
    public string Name => Plan([.. Options.Select(option => option.Default)]).Name;

    /// <summary>The plan of a run at a position of each option, from 0 to 1.</summary>
    public PlannedRun At(IReadOnlyList<double> positions)
    {
        double[] values = [.. Options.Zip(positions, (option, position) => option.ValueAt(position))];
        string text = string.Join(", ", Options.Zip(values, (option, value) => string.Create(CultureInfo.InvariantCulture, $"{option.Name} {value:0.######}")));
        PlannedRun plan = Plan(values);
        return plan with { Name = $"{plan.Name}, {text}", Family = plan.Name };
    }
}
