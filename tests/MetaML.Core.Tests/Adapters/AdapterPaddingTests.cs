using MetaML.Adapters;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.TestKit;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Adapters;

/// <summary>Properties of every adapter of the conformance table that concern the form of the batch: padding, columns, and numbers of rows.</summary>
public sealed class AdapterPaddingTests
{
    [Theory]
    [MemberData(nameof(AdapterConformance.Cases), MemberType = typeof(AdapterConformance))]
    public void Adapt_MorePadding_ChangesNothing(AdapterCase adapter)
    {
        using var scope = NewDisposeScope();
        TaskSet set = adapter.Tasks();
        Episode[] episodes = adapter.Episodes(set);
        LearningTask last = set.Tasks[^1];
        var longer = new Episode(last, [.. Enumerable.Range(0, last.RowCount)], [.. Enumerable.Range(0, last.RowCount)], last.Classes);
        Tensor few = adapter.Score(AdapterCase.Batch(set, episodes)), padded = adapter.Score(AdapterCase.Batch(set, [.. episodes, longer]));
        Assert.True(padded.shape[1] > few.shape[1]);
        for (int t = 0; t < episodes.Length; t++)
        {
            int rows = episodes[t].Query.Length, outputs = set.Kind == LabelKind.Multiclass ? episodes[t].Classes.Length : 1;
            Tensor Of(Tensor scores) => scores[t].narrow(0, 0, rows).narrow(1, 0, outputs);
            Assert.True((Of(few) - Of(padded)).abs().max().Value() <= 1e-6 * (1 + Of(few).abs().max().Value()));
        }
    }

    [Theory]
    [MemberData(nameof(AdapterConformance.Cases), MemberType = typeof(AdapterConformance))]
    public void Adapt_SparseFeatures_EqualsDense(AdapterCase adapter)
    {
        using var scope = NewDisposeScope();
        List<TaskRow> rows = adapter.ClassSets == ClassSets.Common ? Some.Tasks(3, 16) : Some.TasksWithOwnClasses(3, 16);
        foreach (TaskRow row in rows)
            row.Features[1] = row.Features[4] = 0; // zero in all rows of the batch
        double[] Scores(bool sparse)
        {
            TaskSet set = CoreData.Of(rows, adapter.Kind, adapter.ClassSets, sparse);
            EpisodeBatch batch = AdapterCase.Batch(set, adapter.Episodes(set));
            Assert.Equal(sparse ? TaskRow.FeatureCount - 2 : TaskRow.FeatureCount, batch.Support.Features.shape[2]);
            var (encoder, learned) = AdapterCase.Values(adapter.Design);
            AdaptedTasks adapted = AdapterCase.Adapt(adapter.Design, batch, encoder, learned);
            return [.. adapted.Score(adapter.Design.Encoder, batch.Query.Features).detach().contiguous().data<double>()];
        }

        Assert.All(Scores(false).Zip(Scores(true)), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    [Theory]
    [MemberData(nameof(AdapterConformance.Cases), MemberType = typeof(AdapterConformance))]
    public void Adapt_ManagedOnFewRowsOrNone_EqualsTorch(AdapterCase adapter)
    {
        TaskSet set = adapter.Tasks();
        foreach (int rows in adapter.ClassSets == ClassSets.Common ? new[] { 0, 1, 3, 5 } : [1, 3, 5]) // fewer rows than the five values of the embedding and the intercept
        {
            LearningTask whole = set.Tasks[2].Take([.. Enumerable.Range(0, rows)]);
            int[] classes = adapter.ClassSets == ClassSets.Common ? whole.Classes : [.. whole.Labels.Select(label => (int)label).Distinct().Order()];
            var task = new LearningTask(whole.Name, whole.Rows, whole.Labels, whole.Weights, classes) { Covariates = whole.Covariates };
            AdapterConformance.AssertManagedEqualsTorch(adapter.Design, set.With([task]), 1e-4);
        }
    }

    [Theory]
    [MemberData(nameof(AdapterConformance.Cases), MemberType = typeof(AdapterConformance))]
    public void Adapt_TrainingStep_FiniteGradientsForWhatIsTrainedAndNoTensorsLeft(AdapterCase adapter)
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (NewDisposeScope())
        {
            MetaModelDesign design = adapter.Design;
            TaskSet set = adapter.Tasks();
            EpisodeBatch batch = AdapterCase.Batch(set, adapter.Episodes(set));
            var (encoderValues, learnedValues) = AdapterCase.Values(design);
            ParameterSet Trainable(IReadOnlyList<ParameterSpec> specs, ParameterArray[] values) =>
                ParameterSet.FromArrays(specs, values, dtype: ScalarType.Float64).Map((name, value) => value.requires_grad_(specs.First(spec => spec.Name == name).IsTrained));
            ParameterSet encoder = Trainable(design.Encoder.Parameters, encoderValues), learned = Trainable(design.Adapter.Parameters, learnedValues);
            AdaptedTasks adapted = design.Adapter.Adapt(AdaptationInput.Of(batch, design.Encoder, encoder, learned, isTraining: true));
            LabelLoss.PerTask(batch.Kind, adapted.Score(design.Encoder, batch.Query.Features), batch.Query, batch.ClassMask).mean().backward();
            foreach (var (spec, value) in design.Encoder.Parameters.Zip(encoder.Tensors).Concat(design.Adapter.Parameters.Zip(learned.Tensors)))
            {
                Assert.Equal(spec.IsTrained, value.grad is not null);
                if (spec.IsTrained)
                    Assert.True(double.IsFinite(value.grad!.abs().sum([.. Enumerable.Range(0, (int)value.dim()).Select(d => (long)d)]).Value()), spec.Name);
            }
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
