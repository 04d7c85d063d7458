using MetaML.Tool.Columns;
using MetaML.Tool.Reading;
using MetaML.Tool.Tables;
using Microsoft.ML;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Text;
using static MetaML.Tool.Columns.CSharpText;

namespace MetaML.Tool.Learning;

/// <summary>The steps that make the features of a plan.</summary>
internal sealed class FeatureSteps
{
    private const int MostWords = 200, LeastSparseFeatures = 100;

    /// <summary>The steps.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="plan">The plan.</param>
    public FeatureSteps(MLContext ml, TablePlan plan)
    {
        var used = new HashSet<string>(StringComparer.Ordinal) { plan.TaskColumn, plan.LabelColumn };
        used.UnionWith(plan.Features.SelectMany(ViewNames));
        Numbers = [.. plan.Features.SelectMany(NumberNames)];
        Gaps = [.. plan.Features.Where(column => column.HasMissing && column.Kind == ColumnKind.Number).Select(column => column.Name)];
        Categories = [.. plan.Features.SelectMany(CategoryNames)];
        MostFrequent = plan.Features.Where(column => column.MostFrequent.Count > 0).ToDictionary(column => column.Name, column => column.MostFrequent);
        Texts = [.. plan.Features.Where(column => column.Kind == ColumnKind.Text).Select(column => column.Name)];
        (NumbersName, GapsName, FeaturesName, TreesName) = (ColumnNames.Unused("Numbers", used), ColumnNames.Unused("Gaps", used), ColumnNames.Unused("Features", used), ColumnNames.Unused("Trees", used));
        IsSparse = Texts.Count > 0 && plan.LabelKind != LabelKind.Regression;

        // Many indicators would be taken for sparse features, as of texts, for which there is no linear learner.
        FeatureCount = Numbers.Count + Gaps.Count + (Texts.Count * MostWords) + plan.Features.Sum(column => column.Kind == ColumnKind.Date ? 7 : Math.Min(column.ValueCount, PlannedColumn.MostIndicators));
        IsNormalized = !IsSparse && FeatureCount >= LeastSparseFeatures;
        Steps = Build(ml);
    }

    /// <summary>The columns of numbers.</summary>
    public IReadOnlyList<string> Numbers { get; }

    /// <summary>The columns of numbers with missing values, for which a feature says so.</summary>
    public IReadOnlyList<string> Gaps { get; }

    public IReadOnlyList<string> Categories { get; }

    /// <summary>The values with indicators, of the categories with too many values.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> MostFrequent { get; }

    public IReadOnlyList<string> Texts { get; }

    public string NumbersName { get; }

    public string GapsName { get; }

    /// <summary>The column of the features.</summary>
    public string FeaturesName { get; }

    /// <summary>The column of the score of trees, if they are used.</summary>
    public string TreesName { get; }

    /// <summary>Whether features remain sparse: texts with classes, for which there is a learner of its own.</summary>
    public bool IsSparse { get; }

    /// <summary>The number of features, as far as it is known before the steps are fitted: at most so many.</summary>
    public int FeatureCount { get; }

    /// <summary>Whether features are normalised here, because they are many.</summary>
    public bool IsNormalized { get; }

    public IReadOnlyList<PipelineStep> Steps { get; }

    /// <summary>The steps as one estimator.</summary>
    public IEstimator<ITransformer> Estimator => Steps.Select(step => step.Estimator).Aggregate((first, second) => first.Append(second));

    private static IEnumerable<string> ViewNames(PlannedColumn column) => [.. NumberNames(column), .. CategoryNames(column), .. column.Kind == ColumnKind.Text ? [column.Name] : Array.Empty<string>()];

    private static IEnumerable<string> NumberNames(PlannedColumn column) => column.Kind switch
    {
        ColumnKind.Number => [column.Name],
        ColumnKind.Date => column.DateParts.Where(part => part != DatePart.Weekday).Select(part => DateParts.NameOf(column.Name, part)),
        _ => [],
    };

    private static IEnumerable<string> CategoryNames(PlannedColumn column) => column.Kind switch
    {
        ColumnKind.Category => [column.Name],
        ColumnKind.Date => column.DateParts.Where(part => part == DatePart.Weekday).Select(part => DateParts.NameOf(column.Name, part)),
        _ => [],
    };

    private List<PipelineStep> Build(MLContext ml)
    {
        var steps = new List<PipelineStep>();
        if (Numbers.Count > 0)
            steps.Add(Concatenation(ml, NumbersName, Numbers));
        if (Gaps.Count > 0)
        {
            string gaps = Literal(GapsName);
            steps.Add(Concatenation(ml, GapsName, Gaps));
            steps.Add(new(ml.Transforms.IndicateMissingValues(GapsName), $"ml.Transforms.IndicateMissingValues({gaps})"));
            steps.Add(new(ml.Transforms.Conversion.ConvertType(GapsName), $"ml.Transforms.Conversion.ConvertType({gaps})"));
        }

        if (Numbers.Count > 0) // rows that come later may have gaps where no training row has one
        {
            steps.Add(new(
                ml.Transforms.ReplaceMissingValues(NumbersName, replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean),
                $"ml.Transforms.ReplaceMissingValues({Literal(NumbersName)}, replacementMode: MissingValueReplacingEstimator.ReplacementMode.Mean)"));
        }

        string[] small = [.. Categories.Where(name => !MostFrequent.ContainsKey(name))];
        if (small.Length > 0)
        {
            steps.Add(new(
                ml.Transforms.Categorical.OneHotEncoding([.. small.Select(name => new InputOutputColumnPair(name))], maximumNumberOfKeys: PlannedColumn.MostIndicators),
                $"ml.Transforms.Categorical.OneHotEncoding([{string.Join(", ", small.Select(name => $"new({Literal(name)})"))}], maximumNumberOfKeys: {PlannedColumn.MostIndicators})"));
        }

        foreach (var (name, values) in MostFrequent)
        {
            steps.Add(new(
                ml.Transforms.Categorical.OneHotEncoding(name, keyData: ml.Data.LoadFromEnumerable(values.Select(value => new { Value = value }))),
                $"ml.Transforms.Categorical.OneHotEncoding({Literal(name)}, keyData: ml.Data.LoadFromEnumerable(new[] {{ {Literals(values)} }}.Select(value => new {{ Value = value }})))"));
        }


        steps.AddRange(Texts.Select(text => TextStep(ml, text)));
        steps.Add(Concatenation(ml, FeaturesName, [.. Numbers.Count > 0 ? [NumbersName] : Array.Empty<string>(), .. Gaps.Count > 0 ? [GapsName] : Array.Empty<string>(), .. Categories, .. Texts]));
        if (IsNormalized)
            steps.Add(new(ml.Transforms.NormalizeMeanVariance(FeaturesName, fixZero: false), $"ml.Transforms.NormalizeMeanVariance({Literal(FeaturesName)}, fixZero: false)"));
        return steps;
    }

    private static PipelineStep Concatenation(MLContext ml, string output, IEnumerable<string> inputs) =>
        new(ml.Transforms.Concatenate(output, [.. inputs]), $"ml.Transforms.Concatenate({Literal(output)}, {Literals(inputs)})");

    private PipelineStep TextStep(MLContext ml, string text)
    {
        if (IsSparse)
            return new(ml.Transforms.Text.FeaturizeText(text), $"ml.Transforms.Text.FeaturizeText({Literal(text)})");
        var options = new TextFeaturizingEstimator.Options { CharFeatureExtractor = null, WordFeatureExtractor = new WordBagEstimator.Options { NgramLength = 2, MaximumNgramsCount = [MostWords] } };
        return new(
            ml.Transforms.Text.FeaturizeText(text, options),
            $"ml.Transforms.Text.FeaturizeText({Literal(text)}, new TextFeaturizingEstimator.Options {{ CharFeatureExtractor = null, WordFeatureExtractor = new WordBagEstimator.Options {{ NgramLength = 2, MaximumNgramsCount = [{MostWords}] }} }})");
    }
}
