using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Interop;

/// <summary>The output columns, with the types and annotations of ML.NET's own trainers.</summary>
internal static class ScoreColumns
{
    /// <summary>The name of the column with the standard deviation of the label about the score. ML.NET's own trainers do not have it.</summary>
    public const string Deviation = "ScoreStandardDeviation";

    /// <summary>The name of the column that says whether the model knows the row's task. ML.NET's own trainers do not have it.</summary>
    public const string KnownTask = "IsKnownTask";

    /// <summary>The names of the columns with the bounds of the interval that holds a new value with a given probability. ML.NET's own trainers do not have them.</summary>
    public const string LowerBound = "ScoreLowerBound", UpperBound = "ScoreUpperBound";

    /// <summary>The name of the column that says for each class whether it is in the set that holds the class with a given probability. ML.NET's own trainers do not have it.</summary>
    public const string PredictedSet = "PredictedSet";

    /// <summary>The columns of the transformer: those of PredictedLabel, Score and Probability that the kind of label has, and the two columns of this package.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="classes">The label's classes; null unless multiclass.</param>
    /// <param name="givesDeviation">Whether there is a column of standard deviations.</param>
    /// <param name="hasTasks">Whether there is a Task column.</param>
    /// <param name="hasCoverage">Whether there are intervals or sets.</param>
    /// <param name="input">The schema that the columns are added to.</param>
    public static DataViewSchema.DetachedColumn[] Create(LabelKind kind, KeyVocabulary? classes, bool givesDeviation, bool hasTasks, bool hasCoverage, DataViewSchema input) =>
    [
        .. Create(kind, classes, givesDeviation, input),
        .. hasTasks ? [new(KnownTask, BooleanDataViewType.Instance)] : Array.Empty<DataViewSchema.DetachedColumn>(),
        .. hasCoverage ? CreateCoverage(kind, classes) : [],
    ];

    private static DataViewSchema.DetachedColumn[] CreateCoverage(LabelKind kind, KeyVocabulary? classes)
    {
        if (kind == LabelKind.Regression)
            return [new(LowerBound, NumberDataViewType.Single), new(UpperBound, NumberDataViewType.Single)];
        string[] names = kind == LabelKind.Binary ? [bool.FalseString, bool.TrueString] : [.. classes!.Names];
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.AddSlotNames(names.Length, (ref VBuffer<ReadOnlyMemory<char>> value) => value = new(names.Length, Array.ConvertAll(names, name => name.AsMemory())));
        return [new(PredictedSet, new VectorDataViewType(BooleanDataViewType.Instance, names.Length), annotations.ToAnnotations())];
    }

    private static DataViewSchema.DetachedColumn[] Create(LabelKind kind, KeyVocabulary? classes, bool givesDeviation, DataViewSchema input)
    {
        uint set = input.GetMaxAnnotationKind(out _, AnnotationUtils.Kinds.ScoreColumnSetId) + 1;
        DataViewSchema.Annotations.Builder Annotations(string valueKind)
        {
            var annotations = new DataViewSchema.Annotations.Builder();
            annotations.Add<ReadOnlyMemory<char>>(AnnotationUtils.Kinds.ScoreColumnKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = ColumnKind(kind).AsMemory());
            annotations.Add<uint>(AnnotationUtils.Kinds.ScoreColumnSetId, AnnotationUtils.ScoreColumnSetIdType, (ref uint value) => value = set);
            annotations.Add<ReadOnlyMemory<char>>(AnnotationUtils.Kinds.ScoreValueKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = valueKind.AsMemory());
            return annotations;
        }

        var predicted = Annotations(AnnotationUtils.Const.ScoreValueKind.PredictedLabel);
        var score = Annotations(AnnotationUtils.Const.ScoreValueKind.Score);
        switch (kind)
        {
            case LabelKind.Regression:
                DataViewSchema.DetachedColumn value = new(DefaultColumnNames.Score, NumberDataViewType.Single, score.ToAnnotations());
                return givesDeviation ? [value, new(Deviation, NumberDataViewType.Single)] : [value];
            case LabelKind.Binary:
                var probability = Annotations(AnnotationUtils.Const.ScoreValueKind.Probability);
                probability.Add<bool>(AnnotationUtils.Kinds.IsNormalized, BooleanDataViewType.Instance, (ref bool value) => value = true);
                return
                [
                    new(DefaultColumnNames.PredictedLabel, BooleanDataViewType.Instance, predicted.ToAnnotations()),
                    new(DefaultColumnNames.Score, NumberDataViewType.Single, score.ToAnnotations()),
                    new(DefaultColumnNames.Probability, NumberDataViewType.Single, probability.ToAnnotations()),
                ];
            default:
                classes!.Annotate(predicted, AnnotationUtils.Kinds.KeyValues);
                classes.Annotate(score, AnnotationUtils.Kinds.TrainingLabelValues);
                if (classes.ItemType is TextDataViewType)
                    classes.Annotate(score, AnnotationUtils.Kinds.SlotNames);
                return
                [
                    new(DefaultColumnNames.PredictedLabel, new KeyDataViewType(typeof(uint), classes.Count), predicted.ToAnnotations()),
                    new(DefaultColumnNames.Score, new VectorDataViewType(NumberDataViewType.Single, classes.Count), score.ToAnnotations()),
                ];
        }
    }

    /// <summary>The columns in the output schema of the estimator, before it is fitted.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="label">The label column.</param>
    /// <param name="givesDeviation">Whether there is a column of standard deviations.</param>
    /// <param name="hasTasks">Whether there is a Task column.</param>
    /// <param name="hasCoverage">Whether there are intervals or sets.</param>
    public static IEnumerable<SchemaShape.Column> Shapes(LabelKind kind, SchemaShape.Column label, bool givesDeviation, bool hasTasks, bool hasCoverage = false) =>
    [
        .. Shapes(kind, label, givesDeviation),
        .. hasTasks ? [new(KnownTask, SchemaShape.Column.VectorKind.Scalar, BooleanDataViewType.Instance, false)] : Array.Empty<SchemaShape.Column>(),
        .. hasCoverage ? CoverageShapes(kind) : [],
    ];

    private static SchemaShape.Column[] CoverageShapes(LabelKind kind)
    {
        if (kind == LabelKind.Regression)
            return [new(LowerBound, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, false), new(UpperBound, SchemaShape.Column.VectorKind.Scalar, NumberDataViewType.Single, false)];
        var slotNames = new SchemaShape([new SchemaShape.Column(AnnotationUtils.Kinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)]);
        return [new(PredictedSet, SchemaShape.Column.VectorKind.Vector, BooleanDataViewType.Instance, false, slotNames)];
    }

    private static IEnumerable<SchemaShape.Column> Shapes(LabelKind kind, SchemaShape.Column label, bool givesDeviation)
    {
        const SchemaShape.Column.VectorKind Scalar = SchemaShape.Column.VectorKind.Scalar;
        var plain = new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation());
        switch (kind)
        {
            case LabelKind.Regression:
                SchemaShape.Column value = new(DefaultColumnNames.Score, Scalar, NumberDataViewType.Single, false, plain);
                return givesDeviation ? [value, new(Deviation, Scalar, NumberDataViewType.Single, false)] : [value];
            case LabelKind.Binary:
                return
                [
                    new(DefaultColumnNames.Score, Scalar, NumberDataViewType.Single, false, plain),
                    new(DefaultColumnNames.Probability, Scalar, NumberDataViewType.Single, false, new SchemaShape(AnnotationUtils.GetTrainerOutputAnnotation(true))),
                    new(DefaultColumnNames.PredictedLabel, Scalar, BooleanDataViewType.Instance, false, plain),
                ];
            default:
                var keyValues = label.Annotations.Where(annotation => annotation.Name == AnnotationUtils.Kinds.KeyValues);
                return
                [
                    new(DefaultColumnNames.Score, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false, new SchemaShape(AnnotationUtils.AnnotationsForMulticlassScoreColumn(label))),
                    new(DefaultColumnNames.PredictedLabel, Scalar, NumberDataViewType.UInt32, true, new SchemaShape(keyValues.Concat(AnnotationUtils.GetTrainerOutputAnnotation()))),
                ];
        }
    }

    /// <summary>The names of the columns.</summary>
    /// <param name="kind">The kind of label.</param>
    /// <param name="givesDeviation">Whether there is a column of predictive deviations.</param>
    /// <param name="hasTasks">Whether the model has a Task column.</param>
    /// <param name="hasCoverage">Whether there are intervals or sets.</param>
    public static IReadOnlyList<string> Names(LabelKind kind, bool givesDeviation, bool hasTasks, bool hasCoverage = false) =>
    [
        DefaultColumnNames.Score,
        .. kind == LabelKind.Regression ? Array.Empty<string>() : [DefaultColumnNames.PredictedLabel],
        .. kind == LabelKind.Binary ? [DefaultColumnNames.Probability] : Array.Empty<string>(),
        .. givesDeviation ? [Deviation] : Array.Empty<string>(),
        .. hasTasks ? [KnownTask] : Array.Empty<string>(),
        .. !hasCoverage ? Array.Empty<string>() : kind == LabelKind.Regression ? [LowerBound, UpperBound] : [PredictedSet],
    ];

    /// <summary>Whether a column contains scores of a binary trainer, according to its annotations.</summary>
    /// <param name="score">The column, or null.</param>
    public static bool IsBinary(DataViewSchema.Column? score)
    {
        if (score?.Annotations is not { } annotations || annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.ScoreColumnKind)?.Type is not TextDataViewType)
            return false;
        ReadOnlyMemory<char> kind = default;
        annotations.GetValue(AnnotationUtils.Kinds.ScoreColumnKind, ref kind);
        return kind.Span.SequenceEqual(ColumnKind(LabelKind.Binary));
    }

    /// <summary>The number that the outputs of one trainer have in common; null where a column is not an output of a trainer.</summary>
    public static uint? SetOf(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.ScoreColumnSetId)?.Type is not KeyDataViewType)
            return null;
        uint set = 0;
        column.Annotations.GetValue(AnnotationUtils.Kinds.ScoreColumnSetId, ref set);
        return set;
    }

    /// <summary>The classes of a multiclass score, in the order of its slots; null where the column does not name them.</summary>
    public static KeyVocabulary? ClassesOf(DataViewSchema.Column score)
    {
        int slots = ColumnTypes.VectorSize(score.Type);
        return new[] { AnnotationUtils.Kinds.TrainingLabelValues, AnnotationUtils.Kinds.SlotNames }
            .Select(kind => KeyVocabulary.OfAnnotation(score, kind)).FirstOrDefault(classes => classes?.Count == slots);
    }

    private static string ColumnKind(LabelKind kind) => kind switch
    {
        LabelKind.Binary => AnnotationUtils.Const.ScoreColumnKind.BinaryClassification,
        LabelKind.Multiclass => AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification,
        _ => AnnotationUtils.Const.ScoreColumnKind.Regression,
    };
}
