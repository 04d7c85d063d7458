using System.Numerics;
using System.Runtime.InteropServices;
using MetaML.Encoders.Mlp;
using MetaML.Episodes;
using MetaML.Heads;
using MetaML.Numerics;
using static TorchSharp.torch;

namespace MetaML.Adapters.Gradient;

/// <inheritdoc/>
/// <typeparam name="T">The number type of the tensors.</typeparam>
internal sealed class BatchDescent<T> : BatchDescent
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Tensor _mask;
    private readonly RowBatch _support;
    private readonly RowBatch? _query;
    private readonly int _tasks;
    private readonly int _outputs;
    private readonly double _dropped; // the dropout probability
    private readonly Generator? _dropout;

    public BatchDescent(DescentPlan plan, AdaptationInput input, RowBatch? query)
        : base(plan)
    {
        (_mask, _support, _query) = (input.ClassMask, input.Support, query);
        (_tasks, _outputs) = ((int)_mask.shape[0], (int)_mask.shape[1]);
        (_dropped, _dropout) = (plan.Network.Dropout, plan.Network.Dropout > 0 ? input.Dropout : null);
    }

    /// <inheritdoc/>
    public override Tensor Ends(Tensor parameters, Tensor rates, Tensor support)
    {
        using var scope = NewDisposeScope(); // keeps the tensors alive whose memory is read below
        int supportRows = (int)support.shape[1];
        var descent = new TaskDescent<T>(Plan, supportRows, queryRows: 0, _outputs, (int)rates.shape[0], isDifferentiated: false);
        Tensor result = empty([_tasks, descent.End.Length], dtype: _mask.dtype, device: CPU);
        Span<T> ends = Values(result);
        ReadOnlySpan<T> start = Values(parameters.contiguous()), alpha = Values(rates.contiguous());
        var rows = new Rows(Plan.Kind, support, _support, _mask);
        T[][][] masks = DrawMasks(supportRows, 0);
        for (int t = 0; t < _tasks; t++)
        {
            rows.CopyTo(descent.Support, t);
            descent.Descend(Of(start, parameters, t), alpha, MasksOf(masks, t));
            CopyTo(descent.End, ends, t);
        }

        return result.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override (Tensor Query, Tensor Outer) Losses(Tensor parameters, Tensor rates, Tensor support, Tensor query, out Tensor[] derivatives, bool isDifferentiated)
    {
        using var scope = NewDisposeScope(); // keeps the tensors alive whose memory is read below
        int supportRows = (int)support.shape[1], queryRows = (int)query.shape[1], rateCount = (int)rates.shape[0];
        var descent = new TaskDescent<T>(Plan, supportRows, queryRows, _outputs, rateCount, isDifferentiated);
        Tensor New(params long[] shape) => empty(shape, dtype: _mask.dtype, device: CPU);
        Tensor scores = New(Plan.QueryPasses, _tasks, queryRows, _outputs), moves = New(_tasks); // moves: ½‖θ − φ‖²
        derivatives = !isDifferentiated ? [] : Plan.IsByFeatures
            ? [New(_tasks, descent.ParameterCount), New(_tasks, rateCount), New(support.shape), New(query.shape)]
            : [New(_tasks, descent.ParameterCount), New(_tasks, rateCount)];
        Span<T> scoreValues = Values(scores), distances = Values(moves);
        Span<T> byParameters = ValuesAt(derivatives, 0), byRates = ValuesAt(derivatives, 1), bySupport = ValuesAt(derivatives, 2), byQuery = ValuesAt(derivatives, 3);
        ReadOnlySpan<T> start = Values(parameters.contiguous()), alpha = Values(rates.contiguous());
        var rows = new Rows(Plan.Kind, support, _support, _mask);
        var queryRowsOf = new Rows(Plan.Kind, query, _query!, _mask);
        T[][][] masks = DrawMasks(supportRows, queryRows);
        for (int t = 0; t < _tasks; t++)
        {
            ReadOnlySpan<T> taskParameters = Of(start, parameters, t);
            T[][][] taskMasks = MasksOf(masks, t);
            rows.CopyTo(descent.Support, t);
            queryRowsOf.CopyTo(descent.Query, t);
            descent.Descend(taskParameters, alpha, taskMasks);
            StaysFinite &= FiniteNumbers.AreAll(descent.End) || !FiniteNumbers.AreAll(taskParameters);
            for (int pass = 0; pass < Plan.QueryPasses; pass++)
                descent.Scores(pass).CopyTo(scoreValues[((pass * _tasks + t) * queryRows * _outputs)..]);
            if (Plan.IsReptile)
                distances[t] = T.CreateChecked(0.5) * SquaredDistance(taskParameters[..descent.End.Length], descent.End);
            if (!isDifferentiated)
                continue;
            descent.Differentiate(taskParameters, alpha, taskMasks);
            CopyTo(descent.ByParameters, byParameters, t);
            CopyTo(descent.ByRates, byRates, t);
            CopyTo(descent.BySupport, bySupport, t);
            CopyTo(descent.ByQuery, byQuery, t);
        }

        Tensor LossOf(Tensor queryScores) => LabelLoss.PerTask(Plan.Kind, queryScores, _query!, _mask);
        Tensor[] losses = [.. scores.unbind(0).Select(LossOf)]; // after each step in the outer loss
        Tensor outer = Plan.IsReptile ? moves : StepWeights.Join(losses[^1], losses.Length - 1, losses[..^1], Plan.EarlierStepWeight);
        derivatives = Array.ConvertAll(derivatives, tensor => tensor.MoveToOuterDisposeScope());
        return (losses[^1].MoveToOuterDisposeScope(), outer.MoveToOuterDisposeScope());
    }

    private static void CopyTo(ReadOnlySpan<T> values, Span<T> ofTasks, int task) => values.CopyTo(ofTasks[(task * values.Length)..]);

    private static T SquaredDistance(ReadOnlySpan<T> from, ReadOnlySpan<T> to)
    {
        T sum = T.Zero;
        for (int i = 0; i < from.Length; i++)
            sum += (from[i] - to[i]) * (from[i] - to[i]);
        return sum;
    }

    // Dropout masks, first for each step and then for each query pass: [passes][hidden layers][tasks · rows · units].
    private T[][][] DrawMasks(int supportRows, int queryRows)
    {
        if (_dropout is null)
            return [];
        T[][] Draw(int rows) => [.. Plan.Network.Layers.Where(layer => layer.IsHidden).Select(layer =>
            Values(MlpEncoder.DropoutMask(_dropped, [_tasks, rows, layer.Out], _mask, _dropout)).ToArray())];
        T[][][] steps = [.. Enumerable.Range(0, Plan.Steps).Select(_ => Draw(supportRows))];
        if (queryRows == 0)
            return steps;
        T[][] last = Draw(queryRows);
        return [.. steps, .. Enumerable.Range(1, Plan.QueryPasses - 1).Select(_ => Draw(queryRows)), last];
    }

    private T[][][] MasksOf(T[][][] masks, int task) => Array.ConvertAll(masks, pass => Array.ConvertAll(pass, layer => Part(layer, task, _tasks).ToArray()));

    // The values that all tasks share, or those of one task.
    private static ReadOnlySpan<T> Of(ReadOnlySpan<T> values, Tensor like, int task) => like.dim() == 1 ? values : Part(values, task, (int)like.shape[0]);

    private static ReadOnlySpan<T> Part(ReadOnlySpan<T> values, int task, int tasks) => values.Slice(values.Length / tasks * task, values.Length / tasks);

    private static Span<T> ValuesAt(Tensor[] tensors, int i) => i < tensors.Length ? Values(tensors[i]) : [];

    private static Span<T> Values(Tensor contiguous) => MemoryMarshal.Cast<byte, T>(contiguous.bytes);

    // The rows of all tasks, in the memory of tensors. A dispose scope must keep these tensors alive.
    private readonly ref struct Rows
    {
        private readonly int _tasks;
        private readonly ReadOnlySpan<T> _features;
        private readonly ReadOnlySpan<T> _targets;
        private readonly ReadOnlySpan<T> _shares;
        private readonly ReadOnlySpan<T> _absence;

        public Rows(LabelKind kind, Tensor features, RowBatch rows, Tensor mask)
        {
            _tasks = (int)mask.shape[0];
            var (targets, shares, absence) = LabelLoss.Constants(kind, rows, mask);
            _features = Values(features.contiguous());
            _targets = Values(targets.contiguous());
            _shares = Values(shares.contiguous());
            _absence = Values(absence.contiguous());
        }

        public void CopyTo(MlpPass<T> pass, int task) =>
            pass.SetRows(Part(_features, task, _tasks), Part(_targets, task, _tasks), Part(_shares, task, _tasks), Part(_absence, task, _tasks));
    }
}
