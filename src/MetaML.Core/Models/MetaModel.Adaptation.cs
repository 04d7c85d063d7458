using MetaML.Adapters;
using MetaML.Data;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Parameters;
using MetaML.Statistics;
using static TorchSharp.torch;

namespace MetaML.Models;

// Adaptation to tasks, without libtorch and with it.
public sealed partial class MetaModel
{
    // Limits of one adaptation in libtorch: rows of the padded support, and values of encoders and heads.
    private const int RowsPerBatch = 65_536;
    private const long ValuesPerBatch = 1L << 26;

    // Small tasks are embedded together, which does not change the results. Their heads are fitted one by one. An adapter receives
    // a slice of a buffer that later tasks overwrite.
    private void AdaptHeadsOnly(IManagedAdapter adapter, TaskSet support, AdaptationOptions options, AdaptedTask[] adapted, CancellationToken cancellationToken)
    {
        List<Range> groups = BatchesOf(support, CreateScorer().BlockSize);
        Parallel.For(0, groups.Count, new ParallelOptions { CancellationToken = cancellationToken }, () => (Scorer: CreateScorer(), Embeddings: Array.Empty<float>()), (g, _, local) =>
        {
            var (first, count) = groups[g].GetOffsetAndLength(adapted.Length);
            LearningTask[] tasks = [.. support.Tasks.Skip(first).Take(count)];
            if (count == 1)
            {
                int size = checked(tasks[0].RowCount * EmbeddingDimension);
                if (local.Embeddings.Length < size)
                    local.Embeddings = new float[size];
                adapted[first] = AdaptTask(adapter, tasks[0], Embed(local.Scorer, support.Features, tasks[0], local.Embeddings.AsMemory(0, size)), options);
                return local;
            }

            local.Scorer.Embed(support.Features, [.. tasks.SelectMany(task => task.Rows)]);
            for (int t = 0, row = 0; t < count; row += tasks[t++].RowCount)
                adapted[first + t] = AdaptTask(adapter, tasks[t], Embedded(tasks[t], local.Scorer.EmbeddingsMemory(row, tasks[t].RowCount)), options);
            return local;
        }, _ => { });
    }

    // Consecutive tasks with together at most this number of rows, or a single task with more.
    private static List<Range> BatchesOf(TaskSet support, int maximumRows)
    {
        var groups = new List<Range>();
        for (int t = 0, first = 0, rows = 0; t < support.Tasks.Count; t++)
        {
            rows += support.Tasks[t].RowCount;
            if (t + 1 < support.Tasks.Count && rows + support.Tasks[t + 1].RowCount <= maximumRows)
                continue;
            groups.Add(first..(t + 1));
            (first, rows) = (t + 1, 0);
        }

        return groups;
    }

    private AdaptedTask AdaptTask(IManagedAdapter adapter, LearningTask task, EmbeddedTask rows, AdaptationOptions options)
    {
        try
        {
            TaskStatistics? statistics = Keeps(options) ? TaskStatistics.Of(StatisticsForm, rows) : null;
            LinearHead head = statistics is MomentStatistics summed ? ((IMomentAdapter)adapter).Adapt(_adapterArrays, summed.Moments, rows.Covariates, rows.Prior)
                : adapter is INonlinearAdapter ? adapter.Adapt(_adapterArrays, ((RowStatistics)statistics!).ToEmbedded(rows.OutputCount, rows.Covariates, rows.Prior))
                : options.RelatedPrior?.Adapt(rows) ?? adapter.Adapt(_adapterArrays, rows);
            head = Calibrate(head, task.Covariates, rows.RowCount, hasOwnPrior: options.RelatedPrior is not null);
            return Finish(task, ClassesOf(task), task.RowCount, HeadRefinement.Refine(Kind, head, rows, options), null, statistics);
        }
        catch (ArithmeticException error)
        {
            throw NotFinite(task.Name, error); // products of the rows are not finite
        }
    }

    private void AdaptEncoders(IManagedEncoderAdapter adapter, TaskSet support, AdaptationOptions options, AdaptedTask[] adapted, CancellationToken cancellationToken)
    {
        bool isSparse = support.Features.IsSparse && _scaling?.Shift is null && !_design.Encoder.MlpShape!.HasLinearPath;
        Parallel.For(0, adapted.Length, new ParallelOptions { CancellationToken = cancellationToken }, () => new FeatureBlock(FeatureCount, _scaling), (t, _, rows) =>
        {
            LearningTask task = support.Tasks[t];
            rows.Clear();
            foreach (int row in task.Rows)
                rows.Add(support.Features[row]);
            int[]? columns = isSparse ? rows.ActiveColumns() : null;
            int width = columns?.Length ?? FeatureCount;
            var features = new float[checked(task.RowCount * width)];
            for (int row = 0; row < task.RowCount; row++)
                rows.CopyTo(row, columns, features.AsSpan(row * width, width));
            var (head, encoderParameters) = adapter.Adapt(_adapterArrays, _design.Encoder, _encoderArrays, TaskOf(task, features, width), columns);
            adapted[t] = FinishChanged(support.Features, task, head, encoderParameters, options);
            return rows;
        }, _ => { });
    }

    // The end of an adaptation that may have changed the encoder.
    private AdaptedTask FinishChanged(FeatureStore features, LearningTask task, LinearHead head, float[][]? encoderParameters, AdaptationOptions options)
    {
        head = Calibrate(head, task.Covariates, task.RowCount, hasOwnPrior: encoderParameters is not null);
        if (options.RefinementSteps > 0)
            head = HeadRefinement.Refine(Kind, head, EmbedStandardized(features, task, encoderParameters), options);
        TaskStatistics? statistics = Keeps(options) ? TaskStatistics.Empty(StatisticsForm).Add(StoredRows(features, task, ClassesOf(task)), TargetsOf(ClassesOf(task))) : null;
        return Finish(task, ClassesOf(task), task.RowCount, head, encoderParameters, statistics);
    }

    private LinearHead Calibrate(LinearHead head, float[] covariates, int rows, bool hasOwnPrior) =>
        Calibration?.Apply(head, hasOwnPrior ? head : _uncalibrated.Value.PriorHeadOf(covariates), rows) ?? head;

    private void AdaptByTorch(TaskSet support, AdaptationOptions options, AdaptedTask[] adapted, CancellationToken cancellationToken)
    {
        TorchRuntime.EnsureLoaded();
        using var thread = new SingleIntraOpThread();
        int rows = Math.Max(1, support.Tasks.Max(task => task.RowCount));
        long values = _design.Encoder.Parameters.Sum(spec => (long)spec.Count) + (long)(EmbeddingDimension + 1) * Math.Max(1, support.Tasks.Max(task => ClassesOf(task).Length));
        int batchSize = (int)Math.Max(1, Math.Min(RowsPerBatch / rows, ValuesPerBatch / values));
        for (int first = 0; first < adapted.Length; first += batchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Episode[] episodes = [.. support.Tasks.Skip(first).Take(batchSize).Select(task => Episode.Adapting(task, ClassesOf(task)))];
            EpisodeBatch batch = EpisodeBatch.Create(support, episodes, _scaling);
            ParameterSet encoder = ParameterSet.FromArrays(_design.Encoder.Parameters, _encoderValues);
            ParameterSet adapter = ParameterSet.FromArrays(_design.Adapter.Parameters, _adapterValues);
            AdaptedTasks tasks = _design.Adapter.Adapt(AdaptationInput.Of(batch, _design.Encoder, encoder, adapter));
            for (int t = 0; t < episodes.Length; t++)
            {
                var (head, encoderParameters) = Extract(tasks, t, ClassesOf(support.Tasks[first + t]).Length, batch.Columns);
                adapted[first + t] = FinishChanged(support.Features, support.Tasks[first + t], head, encoderParameters, options);
            }
        }
    }

    private (LinearHead Head, float[][]? Encoder) Extract(AdaptedTasks tasks, int t, int classes, Tensor? columns)
    {
        using var scope = NewDisposeScope();
        int outputs = Kind == LabelKind.Multiclass ? classes : 1;
        var head = new LinearHead(
            ParameterSet.ToArray(tasks.Weights[t].narrow(1, 0, outputs).t()),
            ParameterSet.ToArray(tasks.Bias[t].narrow(0, 0, outputs)));

        IReadOnlyList<ParameterSpec> specs = _design.Encoder.Parameters;
        bool isAdapted = specs.Select((spec, i) => tasks.EncoderParameters.Tensors[i].dim() > spec.Shape.Length).Any(isPerTask => isPerTask);
        if (!isAdapted)
            return (head, null);

        var encoderParameters = new float[specs.Count][];
        for (int i = 0; i < encoderParameters.Length; i++)
        {
            Tensor values = tasks.EncoderParameters.Tensors[i];
            if (values.dim() == specs[i].Shape.Length)
            {
                encoderParameters[i] = _encoderArrays[i];
                continue;
            }

            // With sparse features, only the columns of the batch were adapted. The other columns keep the shared values.
            bool isPartial = columns is not null && values.shape[1] != specs[i].Shape[0];
            encoderParameters[i] = ParameterSet.ToArray(isPartial ? tensor(_encoderArrays[i], specs[i].Shape).index_copy(0, columns!, values[t]) : values[t]);
        }

        return (head, encoderParameters);
    }
}
