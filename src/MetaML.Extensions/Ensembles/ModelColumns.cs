using MetaML.Extensions.Interop;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Ensembles;

/// <summary>The output columns of one model of an ensemble.</summary>
internal sealed class ModelColumns
{
    private readonly DataViewSchema.Column _prediction; // what is averaged

    /// <param name="model">The model.</param>
    /// <param name="number">Its number, for messages.</param>
    /// <param name="input">The columns of the input.</param>
    /// <exception cref="ArgumentException">The model has no score, a binary score has no probability, or the classes of a score are unknown.</exception>
    public ModelColumns(ITransformer model, int number, DataViewSchema input)
    {
        Mapper = model.GetRowToRowMapper(input);
        DataViewSchema output = Mapper.OutputSchema;
        DataViewSchema.Column score = output.GetColumnOrNull(DefaultColumnNames.Score) is { } found && ColumnTypes.Item(found.Type) == NumberDataViewType.Single
            ? found
            : throw Missing("a column Score of Single", "There is nothing to average. Give models that end in a trainer with one label.");
        if (score.Type is VectorDataViewType)
        {
            Kind = LabelKind.Multiclass;
            Classes = ClassesOf(output, score) ?? throw Missing("a Score whose classes are named by PredictedLabel or by its annotations", "The classes of models are matched by name.");
            _prediction = score;
        }
        else if (ScoreColumns.IsBinary(score) || output.GetColumnOrNull(DefaultColumnNames.Probability) is not null)
        {
            Kind = LabelKind.Binary;
            _prediction = output.GetColumnOrNull(DefaultColumnNames.Probability)
                ?? throw Missing("a column Probability", "Scores of different models have different scales, so that probabilities are averaged. Append a calibrator, such as Calibrators.Platt.");
        }
        else
        {
            Kind = LabelKind.Regression;
            _prediction = score;
        }

        Deviation = output.GetColumnOrNull(ScoreColumns.Deviation);
        KnownTask = output.GetColumnOrNull(ScoreColumns.KnownTask);

        ArgumentException Missing(string expected, string reason) => new($"Model {number} of the ensemble must have {expected}; got {string.Join(", ", output.Where(column => !column.IsHidden).Select(column => $"{column.Name} ({column.Type})"))}. {reason}");
    }

    public IRowToRowMapper Mapper { get; }

    public LabelKind Kind { get; }

    /// <summary>The classes of the slots; null unless labels are multiclass.</summary>
    public KeyVocabulary? Classes { get; }

    /// <summary>The column of the standard deviation of the label about the score; null if there is none.</summary>
    public DataViewSchema.Column? Deviation { get; }

    /// <summary>The column that says whether the model knows the row's task; null if there is none.</summary>
    public DataViewSchema.Column? KnownTask { get; }

    /// <summary>The columns of the model that output columns of the ensemble need.</summary>
    /// <param name="active">The names of the output columns.</param>
    public IEnumerable<DataViewSchema.Column> Needed(IReadOnlySet<string> active)
    {
        if (active.Any(name => name != ScoreColumns.KnownTask))
            yield return _prediction;
        if (active.Contains(ScoreColumns.Deviation))
            yield return Deviation!.Value;
        if (active.Contains(ScoreColumns.KnownTask) && KnownTask is { } known)
            yield return known;
    }

    /// <summary>A getter of the prediction: a score, a probability, or a vector of probabilities.</summary>
    public ValueGetter<T> Prediction<T>(DataViewRow row) => row.GetGetter<T>(_prediction);

    private static KeyVocabulary? ClassesOf(DataViewSchema output, DataViewSchema.Column score)
    {
        int slots = ColumnTypes.VectorSize(score.Type);
        if (output.GetColumnOrNull(DefaultColumnNames.PredictedLabel) is { } predicted && KeyVocabulary.Has(predicted.Type) && KeyVocabulary.CountOf(predicted.Type) == slots)
            return KeyVocabulary.Of(predicted);
        return ScoreColumns.ClassesOf(score);
    }
}
