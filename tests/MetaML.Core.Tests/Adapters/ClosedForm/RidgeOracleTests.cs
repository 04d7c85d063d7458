using MetaML.Adapters;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.TestKit;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Adapters.ClosedForm;

/// <summary>Both forms of ridge regression against the normal equations, solved by elimination in plain loops.</summary>
public sealed class RidgeOracleTests
{
    private const int Dimension = TaskRow.FeatureCount, Width = Dimension + 1;

    public static TheoryData<LabelKind, ClassSets, int> Cases
    {
        get
        {
            var cases = new TheoryData<LabelKind, ClassSets, int>();
            foreach (int rows in new[] { 4, Width, 20 }) // fewer than, equal to, and more than the number of unknowns
            {
                cases.Add(LabelKind.Binary, ClassSets.Common, rows);
                cases.Add(LabelKind.Regression, ClassSets.Common, rows);
                cases.Add(LabelKind.Multiclass, ClassSets.Common, rows);
                cases.Add(LabelKind.Multiclass, ClassSets.PerTask, rows);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Adapt_AnyLabels_SolvesTheNormalEquations(LabelKind kind, ClassSets classSets, int rows)
    {
        using var scope = NewDisposeScope();
        List<TaskRow> data = Some.Tasks(2, rows, ragged: false);
        var random = new Random(rows);
        foreach (TaskRow row in data)
            (row.Weight, row.Value) = (0.5f + random.NextSingle(), row.Value / 100);
        TaskSet set = CoreData.Of(data, kind, classSets);
        int? common = kind != LabelKind.Multiclass ? 1 : classSets == ClassSets.Common ? set.ClassCount : null;
        var design = new MetaModelDesign(kind, Dimension, common, new IdentityEncoderOptions(), new RidgeAdapterOptions());
        ParameterArray[] learned = [.. ParameterArray.Initialize(design.Adapter.Parameters, random)
            .Select(p => p with { Values = Array.ConvertAll(p.Values, value => value + random.NextSingle() - 0.5f) })];
        EpisodeBatch batch = EpisodeBatch.Create(set, [.. set.Tasks.Select(Episode.Adapting)], dtype: ScalarType.Float64);
        AdaptedTasks torch = AdapterCase.Adapt(design, batch, [], learned);
        var model = new MetaModel(design, null, LabelScaling.None, [], learned);

        for (int t = 0; t < set.Tasks.Count; t++)
        {
            LearningTask task = set.Tasks[t];
            LinearHead managed = ((IManagedAdapter)design.Adapter).Adapt([.. learned.Select(p => p.Values)], model.Embed(set.Features, task));
            int[] outputs = kind == LabelKind.Multiclass ? task.Classes : [0];
            for (int k = 0; k < outputs.Length; k++)
            {
                double[] expected = Solve(set, task, learned, kind, k, outputs, common);
                for (int j = 0; j < Width; j++)
                {
                    double byTorch = (j < Dimension ? torch.Weights[t, j, k] : torch.Bias[t, k]).Value();
                    double byManaged = j < Dimension ? managed.Weights[k * Dimension + j] : managed.Bias[k];
                    Assert.Equal(expected[j], byTorch, 1e-6 * (1 + Math.Abs(expected[j])));
                    Assert.Equal(expected[j], byManaged, 1e-4 * (1 + Math.Abs(expected[j])));
                }
            }
        }
    }

    // α (Z̃ᵀSZ̃ + Λ)⁻¹ (Z̃ᵀSy + Λv₀) for one output; binary intercepts have an offset besides.
    private static double[] Solve(TaskSet set, LearningTask task, ParameterArray[] learned, LabelKind kind, int output, int[] classes, int? common)
    {
        float[] Values(string name) => learned.First(p => p.Name == name).Values;
        var left = new double[Width, Width];
        var right = new double[Width];
        for (int i = 0; i < Width; i++)
        {
            double penalty = Math.Exp(i < Dimension ? Values("log_penalty")[0] : Values("log_intercept_penalty")[0]);
            left[i, i] = penalty;
            right[i] = common is { } width ? penalty * Values("prior_head")[i * width + output] : 0;
        }

        for (int row = 0; row < task.RowCount; row++)
        {
            double[] z = [.. set.Features[task.Rows[row]].Values.ToArray().Select(value => (double)value), 1];
            double label = task.Labels[row], weight = task.Weights![row];
            double target = kind switch
            {
                LabelKind.Binary => label == 1 ? 1 : -1,
                LabelKind.Multiclass => label == classes[output] ? 1 : 0,
                _ => label,
            };
            for (int i = 0; i < Width; i++)
            {
                right[i] += weight * z[i] * target;
                for (int j = 0; j < Width; j++)
                    left[i, j] += weight * z[i] * z[j];
            }
        }

        double scale = kind == LabelKind.Regression ? 1 : Math.Exp(Values("log_scale")[0]);
        double[] head = Array.ConvertAll(Eliminate(left, right), value => scale * value);
        head[Dimension] += kind == LabelKind.Binary ? Values("score_offset")[0] : 0;
        return head;
    }

    // Gauss-Jordan elimination with the largest pivot of each column.
    private static double[] Eliminate(double[,] a, double[] b)
    {
        int size = b.Length;
        for (int column = 0; column < size; column++)
        {
            int pivot = Enumerable.Range(column, size - column).MaxBy(row => Math.Abs(a[row, column]));
            (b[column], b[pivot]) = (b[pivot], b[column]);
            for (int j = 0; j < size; j++)
                (a[column, j], a[pivot, j]) = (a[pivot, j], a[column, j]);
            for (int row = 0; row < size; row++)
            {
                if (row == column)
                    continue;
                double factor = a[row, column] / a[column, column];
                b[row] -= factor * b[column];
                for (int j = 0; j < size; j++)
                    a[row, j] -= factor * a[column, j];
            }
        }

        return [.. Enumerable.Range(0, size).Select(i => b[i] / a[i, i])];
    }
}
