using MetaML.Extensions.Construction;
using MetaML.Extensions.Data;
using MetaML.Options;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <summary>Tasks from rows without labels.</summary>
public sealed partial class MetaLearningCatalog
{
    /// <summary>Constructs training tasks from rows without labels. A model that is trained on them is adapted to real tasks with a few labelled rows.</summary>
    /// <param name="rows">Rows with a column of features. Other columns are ignored.</param>
    /// <param name="options">The construction: <see cref="CopyTaskOptions"/> for images, <see cref="ClusterTaskOptions"/> for embeddings, <see cref="ColumnTaskOptions"/> for tables.</param>
    /// <returns>A view with the columns Task (text), Label (text; map it to a key in the chain, so that Adapt can add the real classes) and features. Its rows are made when they are read, with a generator of their own.</returns>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A column is absent or of the wrong type.</exception>
    /// <example>
    /// <code>
    /// IDataView tasks = ml.MetaLearning().ConstructTasks(trainingTasks, new CopyTaskOptions { FeatureColumnName = "Pixels" }); // no label is read
    /// var options = new MetaLearnerOptions
    /// {
    ///     FeatureColumnName = "Pixels",
    ///     Encoder = new ConvolutionalEncoderOptions(),
    ///     Episodes = new EpisodeOptions { Ways = 20, Shots = 1, Queries = 1 },
    /// };
    /// ITransformer trained = ml.Transforms.Conversion.MapValueToKey("Label").Append(ml.MulticlassClassification.Trainers.MetaLearner(options)).Fit(tasks);
    /// ITransformer adapted = ml.MetaLearning().Adapt(trained, supportRows);
    /// </code>
    /// </example>
    public IDataView ConstructTasks(IDataView rows, TaskConstructionOptions options)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        TaskConstructionOptions own = options with { };
        CheckVector(own.FeatureColumnName);
        if (own is ClusterTaskOptions { EmbeddingColumnName: { } embedding })
            CheckVector(embedding);
        if (own.FeatureColumnName is nameof(ConstructedRow.Task) or nameof(ConstructedRow.Label))
            throw OptionCheck.Error(own, nameof(own.FeatureColumnName), "neither Task nor Label", own.FeatureColumnName, "The constructed rows have columns of these names.", "Rename the column.");

        SchemaDefinition schema = SchemaDefinition.Create(typeof(ConstructedRow));
        SchemaDefinition.Column features = schema[nameof(ConstructedRow.Features)];
        (features.ColumnName, features.ColumnType) = (own.FeatureColumnName, rows.Schema[own.FeatureColumnName].Type);
        return _context.Data.LoadFromEnumerable(own.Construct(rows, own.Seed ?? Seed), schema);

        void CheckVector(string name) => new ColumnNames(nameof(ConstructedRow.Label), name, null, null).CheckRows(rows.Schema);
    }
}
