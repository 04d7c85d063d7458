using MetaML.Adapters;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.TestKit;

/// <summary>An adapter with a kind of label, on a small encoder with parameters that differ from their initial values.</summary>
public sealed record AdapterCase(string Name, AdapterOptions Options, LabelKind Kind, ClassSets ClassSets = ClassSets.Common, int Covariates = 0)
{
    internal MetaModelDesign Design => DesignOn(EncoderOptions);

    internal MetaModelDesign DesignOn(EncoderOptions encoder) => new(Kind, TaskRow.FeatureCount, Outputs, encoder, Options, covariateNames: CovariateNames);

    internal static MlpEncoderOptions EncoderOptions => new() { HiddenUnits = [7], EmbeddingDimension = 5, Activation = Activation.Tanh, LayerNormalization = true };

    /// <summary>Whether the outer step differentiates a loss through the adaptation, with second order.</summary>
    public bool HasExactMetaGradient => Options is not (GradientAdapterOptions { Reptile: true } or GradientAdapterOptions { FirstOrderUntil: > 0 });

    private int? Outputs => Kind != LabelKind.Multiclass ? 1 : ClassSets == ClassSets.Common ? 3 : null;

    private string[] CovariateNames => [.. Enumerable.Range(0, Covariates).Select(i => $"u{i}")];

    internal TaskSet SetOf(IEnumerable<TaskRow> rows) => CoreData.Of(rows, Kind, ClassSets, counts: Options.PredictsCounts(Kind));

    internal TaskSet Tasks(int tasks = 4, int rows = 16)
    {
        TaskSet set = SetOf(ClassSets == ClassSets.Common ? Some.Tasks(tasks, rows) : Some.TasksWithOwnClasses(tasks, rows));
        LearningTask[] known = [.. set.Tasks.Select((task, t) => task.WithCovariates([.. CovariateNames.Select((_, i) => (float)Math.Sin(1 + t + 2 * i))]))];
        return new TaskSet(set.Kind, set.Features, known, set.ClassCount, set.HasCommonOutputs) { CovariateNames = CovariateNames };
    }

    /// <summary>Episodes with the first rows of each task as support, a different number for each task, and the other rows as query. The support of the first task lacks a class.</summary>
    internal Episode[] Episodes(TaskSet set) => [.. set.Tasks.Select((task, t) =>
    {
        int[] rows = [.. Enumerable.Range(0, task.RowCount)];
        int[] support = rows[..(6 + t)];
        if (t == 0 && Kind != LabelKind.Regression && ClassSets == ClassSets.Common)
            support = [.. support.Where(i => task.Labels[i] != 1)];
        return new Episode(task, support, rows[(6 + t)..], task.Classes);
    })];

    internal static (ParameterArray[] Encoder, ParameterArray[] Adapter) Values(MetaModelDesign design)
    {
        var random = new Random(5);
        ParameterArray[] Draw(IReadOnlyList<ParameterSpec> specs) => [.. ParameterArray.Initialize(specs, random)
            .Select(p => p with { Values = Array.ConvertAll(p.Values, value => value + (float)(0.4 * random.NextDouble() - 0.2)) })];
        return (Draw(design.Encoder.Parameters), Draw(design.Adapter.Parameters));
    }

    /// <summary>The episodes as tensors, in float64.</summary>
    internal static EpisodeBatch Batch(TaskSet set, params Episode[] episodes) => EpisodeBatch.Create(set, episodes, dtype: ScalarType.Float64);

    /// <summary>Scores of the query rows [tasks, rows, outputs], in float64.</summary>
    internal Tensor Score(EpisodeBatch batch, bool isTraining = false)
    {
        MetaModelDesign design = Design;
        var (encoder, adapter) = Values(design);
        return Adapt(design, batch, encoder, adapter, isTraining).Score(design.Encoder, batch.Query.Features);
    }

    internal static AdaptedTasks Adapt(MetaModelDesign design, EpisodeBatch batch, ParameterArray[] encoder, ParameterArray[] adapter, bool isTraining = false, ScalarType dtype = ScalarType.Float64) =>
        design.Adapter.Adapt(AdaptationInput.Of(
            batch,
            design.Encoder,
            ParameterSet.FromArrays(design.Encoder.Parameters, encoder, dtype: dtype),
            ParameterSet.FromArrays(design.Adapter.Parameters, adapter, dtype: dtype),
            isTraining));

    public override string ToString() => $"{Name}, {Kind}, {ClassSets}{(Covariates > 0 ? ", covariates" : "")}";
}
