using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Live;

/// <summary>Reads objects as labelled rows, through the steps before the meta-learner. For one thread at a time.</summary>
/// <typeparam name="TRow">The type of the objects.</typeparam>
internal sealed class LiveRowReader<TRow>
    where TRow : class
{
    private readonly InputRow<TRow> _input;
    private readonly MetaLearnerTransformer _learner;
    private readonly LabelColumn _label;
    private readonly ValueGetter<VBuffer<float>> _getFeatures;
    private readonly ValueGetter<float> _getLabel;
    private readonly ValueGetter<float>? _getWeight;
    private readonly ValueGetter<float>? _getExposure;
    private readonly Func<string?> _getTask;
    private readonly TaskFeatureReader? _taskFeatures;
    private readonly TaskGroupReader? _groups;
    private readonly float[] _covariates;
    private readonly int _classCount;
    private VBuffer<float> _features;

    /// <param name="env">The environment.</param>
    /// <param name="front">The steps before the meta-learner.</param>
    /// <param name="learner">The meta-learner.</param>
    /// <param name="definition">The columns of the objects; null for those that attributes define.</param>
    /// <exception cref="ArgumentException">A column does not fit the model.</exception>
    public LiveRowReader(IHostEnvironment env, ITransformer front, MetaLearnerTransformer learner, SchemaDefinition? definition)
    {
        _learner = learner;
        _input = new InputRow<TRow>(env, definition);
        IRowToRowMapper mapper = front.GetRowToRowMapper(_input.Row.Schema);
        ColumnNames columns = learner.Columns;
        columns.CheckLabeled(mapper.OutputSchema, learner.Model.Kind, learner.Model.FeatureCount, learner.Model.CovariateNames.Count);
        string?[] needed = [columns.Features, columns.Label, columns.Task, columns.Weight, columns.TaskFeatures, columns.Exposure, .. columns.Groups];
        DataViewRow row = mapper.GetRow(_input.Row, [.. needed.OfType<string>().Distinct().Select(name => mapper.OutputSchema[name])]);
        _label = learner.LabelIn(row.Schema).Label;
        _classCount = learner.ClassCount;
        _getFeatures = row.GetGetter<VBuffer<float>>(row.Schema[columns.Features]);
        _getLabel = ColumnGetters.Label(row, row.Schema[columns.Label]);
        _getWeight = columns.Weight is { } weight ? row.GetGetter<float>(row.Schema[weight]) : null;
        _getExposure = columns.Exposure is { } exposure ? row.GetGetter<float>(row.Schema[exposure]) : null;
        _getTask = TaskNames.Getter(row, columns.Task);
        _taskFeatures = columns.TaskFeatures is { } name ? new TaskFeatureReader(row, name) : null;
        _groups = columns.Groups.Count > 0 ? new TaskGroupReader(row, columns.Groups) : null;
        _covariates = new float[_taskFeatures?.Count ?? 0];
    }

    /// <summary>The columns of the objects.</summary>
    public DataViewSchema InputSchema => _input.Row.Schema;

    /// <summary>The tasks of the rows; null if a value is missing, invalid, or unknown to a mapping of the chain.</summary>
    /// <param name="rows">The rows.</param>
    public TaskSet? Read(IReadOnlyList<TRow> rows)
    {
        FeatureStore? store = null;
        TaskSetBuilder? builder = null;
        foreach (TRow value in rows)
        {
            _input.Set(value);
            float label = 0, weight = 1, exposure = 1;
            _getLabel(ref label);
            if (!LabelRule.IsValid(_learner.Model.Kind, label) || (_label.IsCount && !CountRule.IsValid(label)) || _getTask() is not { } task)
                return null;
            label = _label.Label(label, 0);
            _getFeatures(ref _features);
            _getWeight?.Invoke(ref weight);
            _getExposure?.Invoke(ref exposure);
            _taskFeatures?.Read(_covariates);
            string[] groups = _groups?.Read() ?? [];
            FeatureRow features = _features.ToFeatureRow();
            if (!features.IsFinite || !float.IsFinite(weight) || weight < 0 || !float.IsFinite(exposure) || exposure <= 0 || !FiniteNumbers.AreAll<float>(_covariates) || (_classCount > 0 && label >= _classCount) || (_groups is not null && groups.Length == 0))
                return null;
            store ??= features.IsSparse && !_learner.Model.EncoderOptions.NeedsDense ? new SparseFeatureStore(features.Length) : new DenseFeatureStore(features.Length, rows.Count);
            builder ??= new TaskSetBuilder(_learner.Model.Kind, store) { CovariateNames = _learner.Model.CovariateNames, GroupNames = _learner.Model.GroupNames };
            builder.Add(task, store.Add(features), label, weight, exposure);
            if (_taskFeatures is not null)
                builder.SetCovariates(task, _covariates);
            if (_groups is not null)
                builder.SetGroups(task, groups);
        }

        return builder?.Build(_classCount, _learner.Model.HasCommonOutputs ? ClassSets.Common : ClassSets.PerTask);
    }
}
