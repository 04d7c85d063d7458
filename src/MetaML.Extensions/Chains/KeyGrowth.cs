using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Chains;

/// <summary>Compares the columns of a chain before and after its keys have new values, so that each step continues to read the columns that it was fitted to.</summary>
internal sealed class KeyGrowth(MLContext context)
{
    private DataViewSchema? _fitted; // null if it is unknown
    private DataViewSchema? _grown;
    private IReadOnlySet<string> _growing = new HashSet<string>();

    /// <summary>Sets the columns that the first step reads and the names of the keys that may have new values.</summary>
    public void Begin(DataViewSchema schema, IReadOnlySet<string> growing) => (_fitted, _grown, _growing) = (schema, schema, growing);

    /// <summary>Sets the columns after a step.</summary>
    /// <param name="fitted">The step of the given chain.</param>
    /// <param name="step">The step of the new chain.</param>
    public void Pass(ITransformer fitted, ITransformer step)
    {
        _fitted = Output(fitted, _fitted, out _);
        _grown = Output(step, _grown, out _);
    }

    /// <summary>The step, or a step that maps the keys back to those that it was fitted to. This is necessary if the size of a vector that it makes would change.</summary>
    /// <exception cref="InvalidOperationException">A column that it reads has grown and is not a key.</exception>
    public ITransformer Keep(ITransformer step)
    {
        DataViewSchema? before = Output(step, _fitted, out _);
        if (before is null || _grown is null || Changed(_fitted!, _grown).Length == 0)
            return step;
        DataViewSchema? after = Output(step, _grown, out Exception? error);
        if (after is not null && !IsWidened(step, before, after))
            return step;
        string[] keys = [.. Read(step, before).Where(column => IsKey(_fitted![column]) && IsKey(_grown[column]) && KeyVocabulary.CanBeMapped(_fitted[column]))];
        if (keys.Length > 0 && KeyGuard.Of(context, step, keys, _fitted!, _grown) is var guard && Output(guard, _grown, out Exception? other) is not null)
            return guard;
        return after is not null ? step : throw Refusal(step, before, error!);
    }

    /// <summary>Throws if a meta-learner cannot read columns that it could read when the chain was fitted.</summary>
    /// <exception cref="InvalidOperationException">A column that it reads has grown.</exception>
    public void Check(ITransformer step)
    {
        if (Output(step, _fitted, out _) is { } before && _grown is not null && Changed(_fitted!, _grown).Length > 0 && Output(step, _grown, out Exception? error) is null)
            throw Refusal(step, before, error!);
    }

    private static DataViewSchema? Output(ITransformer step, DataViewSchema? input, out Exception? error)
    {
        error = null;
        try
        {
            return input is null ? null : step.GetOutputSchema(input);
        }
        catch (Exception refused) when (refused is ArgumentException or InvalidOperationException or NotSupportedException)
        {
            error = refused;
            return null;
        }
    }

    // The changed columns that a step reads; all of them if the step does not tell.
    private string[] Read(ITransformer step, DataViewSchema before)
    {
        string[] changed = Changed(_fitted!, _grown!);
        if (!step.IsRowToRowMapper)
            return changed;
        IRowToRowMapper mapper = step.GetRowToRowMapper(_fitted!);
        HashSet<int> read = [.. mapper.GetDependencies(mapper.OutputSchema.Where(column => Made(_fitted!, before).Contains(column.Name))).Select(column => column.Index)];
        return [.. changed.Where(name => read.Contains(_fitted![name].Index))];
    }

    private bool IsWidened(ITransformer step, DataViewSchema before, DataViewSchema after) =>
        Made(_fitted!, before).Any(name => after.GetColumnOrNull(name) is { } column && !column.Type.Equals(before[name].Type) && !(IsKey(column) && IsKey(before[name]))) && Read(step, before).Length > 0;

    private static string[] Changed(DataViewSchema before, DataViewSchema after) =>
        [.. before.Where(column => !column.IsHidden && after.GetColumnOrNull(column.Name) is { } other && !other.Type.Equals(column.Type)).Select(column => column.Name)];

    // A column that hides another of the same name is beside it.
    private static HashSet<string> Made(DataViewSchema input, DataViewSchema output)
    {
        ILookup<string, DataViewSchema.Column> before = input.ToLookup(column => column.Name);
        return [.. output.GroupBy(column => column.Name).Where(group => group.Count() > before[group.Key].Count()).Select(group => group.Key)];
    }

    private static bool IsKey(DataViewSchema.Column column) => ColumnTypes.Item(column.Type) is KeyDataViewType;

    private InvalidOperationException Refusal(ITransformer step, DataViewSchema before, Exception error)
    {
        string Names(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));
        string[] grown = [.. _growing.Where(name => _fitted!.GetColumnOrNull(name) is null || Changed(_fitted, _grown!).Contains(name)).Order(StringComparer.Ordinal)];
        return new InvalidOperationException(
            $"Each step must be able to read what the others make since the key column {Names(grown)} has new values; got the step {SharedStep.NameOf(step)}, which reads {Names(Read(step, before))}. " +
            $"It was fitted to fewer values: {error.Message} Leave it out of the chain that is adapted, and fit it again to what the adapted model gives.", error);
    }
}
