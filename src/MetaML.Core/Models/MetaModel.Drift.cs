using MetaML.Adapters;
using MetaML.Adapters.ClosedForm;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Statistics;

namespace MetaML.Models;

// The test for drift while rows are added.
public sealed partial class MetaModel
{
    private const double RowsPerRate = 1000, DiscountAfterAlarm = 0.1, UnlikeDeviation = 3;

    private RecursiveLeastSquares? _posteriorWithoutRows;

    // Each row is predicted with the head of the rows before it.
    private TaskState Tested(string name, TaskState state, AdaptedTask? head, StoredRow[] rows, UpdateOptions options)
    {
        var adapter = (IManagedAdapter)_design.Adapter;
        var alarms = new List<DriftAlarm>();
        double threshold = RowsPerRate / options.FalseAlarmsPerThousandRows;
        int targets = TargetsOf(state.Classes);
        for (int i = 0; i < rows.Length; i++)
        {
            bool isAlarm = false;
            DriftState drift = state.Drift ?? DriftState.Start;
            if (head is not null && LogDensity(head, state.Classes, rows[i], drift.Level) is { } known)
            {
                double again = LogDensity(Restarted(adapter, name, state, drift, targets), state.Classes, rows[i], drift.Level)?.Log ?? known.Log;
                double ratio = 0.5 * (Math.Exp(again - known.Log) + Math.Exp(LogDensityOfUnlike(known, state.Classes.Length, drift.Level) - known.Log));
                drift = drift.Next(rows[i], Math.Log(ratio), known.SquaredError, threshold, out isAlarm);
            }

            state = Extended(state, [rows[i]], targets, options.ForgettingFactor) with { Drift = drift };
            if (isAlarm)
            {
                alarms.Add(new DriftAlarm(name, state.Statistics.RowCount, drift.Recent.Count));
                state = Respond(state, drift, targets, options);
            }

            if (i + 1 < rows.Length)
                head = Refit(adapter, name, state = WithPosterior(state));
        }

        return state with { Alarms = alarms };
    }

    // The head of the rows since the estimated change alone.
    private AdaptedTask Restarted(IManagedAdapter adapter, string name, TaskState state, DriftState drift, int targets)
    {
        bool isSameForAll = HasCommonOutputs && CovariateScaling is null;
        if (isSameForAll && drift.Recent.Count == 0)
            return Prior!;
        TaskState empty = state with { Statistics = TaskStatistics.Empty(StatisticsForm), Posterior = null };
        if (isSameForAll && state.IsRecursive)
        {
            _posteriorWithoutRows ??= PosteriorOf(empty); // two threads compute the same
            empty = empty with { Posterior = _posteriorWithoutRows.Clone() };
        }

        return Refit(adapter, name, WithPosterior(Extended(WithPosterior(empty), drift.Recent, targets, 1)));
    }

    private TaskState Respond(TaskState state, DriftState drift, int targets, UpdateOptions options) => options.Drift switch
    {
        DriftResponse.ForgetFaster => state with { Statistics = state.Statistics.Discount(DiscountAfterAlarm, drift.Recent), Drift = drift.Accept(), Posterior = null },
        DriftResponse.RestartFromPrior => state with { Statistics = TaskStatistics.Empty(StatisticsForm).Add([.. drift.Recent], targets, options.ForgettingFactor), Drift = drift.Accept(), Posterior = null },
        _ => state with { Drift = drift.Accept() },
    };

    // The log density of a label that the head does not predict: with a larger variance, or of any class.
    private double LogDensityOfUnlike((double Log, double SquaredError) known, int classes, double level) => Kind == LabelKind.Regression
        ? known.Log - Math.Log(UnlikeDeviation) + known.SquaredError / (2 * level) * (1 - 1 / (UnlikeDeviation * UnlikeDeviation))
        : -Math.Log(Kind == LabelKind.Binary ? 2 : classes);

    // The log density of a label, and its squared error divided by the variance. Null if the head cannot predict the class. Without a predictive variance, the unit is the
    // variance of labels over all tasks, and the level of the task's errors makes up for it.
    private (double Log, double SquaredError)? LogDensity(AdaptedTask head, int[] classes, StoredRow row, double level)
    {
        Span<float> scores = new float[head.Head.OutputCount];
        float termVariance = head.Score(row.Values, scores);
        if (Kind == LabelKind.Regression)
        {
            LabelScaling scaling = head.Scaling ?? _labels;
            double known = head.Deviation(row.Values, scores[0], termVariance), deviation = double.IsNaN(known) ? scaling.Deviation : known;
            double error = (row.Label * scaling.Deviation + scaling.Mean - scores[0]) / deviation;
            return (-Math.Log(deviation) - error * error / (2 * level), error * error);
        }

        float label = Kind == LabelKind.Binary ? row.Label : head.OutputOf(classes[(int)row.Label]);
        return label >= 0 ? (-ScoreLoss.Of(Kind, scores, label), 1) : null;
    }
}
