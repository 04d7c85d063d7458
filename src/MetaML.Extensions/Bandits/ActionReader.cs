using MetaML.Data;
using MetaML.Extensions.Data;
using MetaML.Extensions.Interop;
using MetaML.Models;
using MetaML.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MetaML.Extensions.Bandits;

/// <summary>Reads the actions of a decision through the steps before the meta-learner, and embeds them. For one thread at a time.</summary>
/// <typeparam name="TRow">The type of an action.</typeparam>
internal sealed class ActionReader<TRow>
    where TRow : class
{
    private readonly InputRow<TRow> _input;
    private readonly ValueGetter<VBuffer<float>> _getFeatures;
    private readonly TaskFeatureReader? _taskFeatures;
    private readonly MetaScorer _scorer;
    private readonly int _featureCount;
    private VBuffer<float> _buffer;

    /// <param name="env">The environment.</param>
    /// <param name="front">The steps before the meta-learner.</param>
    /// <param name="learner">The meta-learner.</param>
    /// <param name="definition">The columns of the objects; null for those that attributes define.</param>
    /// <exception cref="ArgumentException">A column does not fit the model.</exception>
    public ActionReader(IHostEnvironment env, ITransformer front, MetaLearnerTransformer learner, SchemaDefinition? definition)
    {
        _input = new InputRow<TRow>(env, definition);
        IRowToRowMapper mapper = front.GetRowToRowMapper(_input.Row.Schema);
        ColumnNames columns = learner.Columns;
        (columns with { Task = null }).CheckScored(mapper.OutputSchema, learner.Model.FeatureCount, learner.Model.CovariateNames.Count);
        string?[] needed = [columns.Features, columns.TaskFeatures];
        DataViewRow row = mapper.GetRow(_input.Row, [.. needed.OfType<string>().Select(name => mapper.OutputSchema[name])]);
        _getFeatures = row.GetGetter<VBuffer<float>>(row.Schema[columns.Features]);
        _taskFeatures = columns.TaskFeatures is { } name ? new TaskFeatureReader(row, name) : null;
        TaskFeatures = new float[_taskFeatures?.Count ?? 0];
        _scorer = learner.Model.CreateScorer();
        _featureCount = learner.Model.FeatureCount;
    }

    /// <summary>The columns of the objects.</summary>
    public DataViewSchema InputSchema => _input.Row.Schema;

    /// <summary>The features of the actions, in their order.</summary>
    public List<float[]> Features { get; } = [];

    /// <summary>The task features of the last action; empty if the model has none.</summary>
    public float[] TaskFeatures { get; }

    /// <summary>The embeddings of the actions, [actions, embedding].</summary>
    public ReadOnlySpan<float> Embeddings => _scorer.Embeddings(0, Features.Count);

    /// <summary>Reads the actions of a logged decision, whose features are finite and as many as those of the model.</summary>
    public void Read(BanditEntry entry)
    {
        Features.Clear();
        _scorer.Clear();
        foreach (BanditAction action in entry.Actions)
        {
            Features.Add(action.Features);
            _scorer.Add(new FeatureRow(action.Features));
        }

        _scorer.EmbedAll();
    }

    /// <summary>Reads actions.</summary>
    /// <exception cref="InvalidOperationException">A feature is not finite.</exception>
    public void Read(IReadOnlyList<TRow> actions)
    {
        Features.Clear();
        _scorer.Clear();
        for (int i = 0; i < actions.Count; i++)
        {
            _input.Set(actions[i]);
            _getFeatures(ref _buffer);
            var features = new float[_featureCount];
            _buffer.CopyTo(features);
            _taskFeatures?.Read(TaskFeatures);
            if (!FiniteNumbers.AreAll<float>(features) || !FiniteNumbers.AreAll<float>(TaskFeatures))
                throw new InvalidOperationException($"Each feature of an action must be finite; got one of action {i} that is not. Its reward cannot be expected. Replace missing values, or leave the action out.");
            Features.Add(features);
            _scorer.Add(_buffer.ToFeatureRow());
        }

        _scorer.EmbedAll();
    }
}
