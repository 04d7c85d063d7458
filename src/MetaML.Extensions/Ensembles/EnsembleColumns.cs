using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using Microsoft.ML;

namespace MetaML.Extensions.Ensembles;

/// <summary>The columns that the models of an ensemble make of an input, and those that the ensemble makes of them.</summary>
internal sealed class EnsembleColumns
{
    private readonly DataViewSchema _input;
    private readonly bool _givesDeviation, _hasTasks;

    /// <exception cref="ArgumentException">A column is absent or of the wrong type, or the models predict labels of different kinds.</exception>
    public EnsembleColumns(IReadOnlyList<ITransformer> models, ModelWeights weights, DataViewSchema input)
    {
        _input = input;
        Weights = weights;
        if (weights.TaskColumn is { } task)
            ColumnNames.CheckTask(input, task);
        Models = [.. models.Select((model, i) => new ModelColumns(model, i, input))];
        if (Models.FirstOrDefault(model => model.Kind != Kind) is { } other)
            throw new ArgumentException($"The models of an ensemble must predict labels of one kind; got {Kind} and {other.Kind}. Their predictions cannot be averaged.");
        if (Kind == LabelKind.Multiclass)
        {
            Classes = Models.Select(model => model.Classes!).Aggregate((all, other) => all.Append(other));
            SlotMaps = [.. Models.Select(model => Classes.MapFrom(model.Classes!))];
        }

        _givesDeviation = Kind == LabelKind.Regression && Models.All(model => model.Deviation is not null);
        _hasTasks = Models.Any(model => model.KnownTask is not null);
    }

    public ModelWeights Weights { get; }

    public IReadOnlyList<ModelColumns> Models { get; }

    public LabelKind Kind => Models[0].Kind;

    /// <summary>The classes of all models; null unless labels are multiclass.</summary>
    public KeyVocabulary? Classes { get; }

    /// <summary>[model][slot of its score]: the number of the class.</summary>
    public IReadOnlyList<int[]> SlotMaps { get; } = [];

    /// <summary>The output columns.</summary>
    public DataViewSchema.DetachedColumn[] Create() => ScoreColumns.Create(Kind, Classes, _givesDeviation, _hasTasks, hasCoverage: false, _input);

    /// <summary>The indices of the input columns that some output columns need.</summary>
    public IEnumerable<int> Inputs(IReadOnlySet<string> active)
    {
        IEnumerable<int> read = Models.SelectMany(model => model.Mapper.GetDependencies(model.Needed(active))).Select(column => column.Index);
        return Weights.TaskColumn is { } task && active.Count > 0 ? read.Append(_input[task].Index) : read;
    }
}
