using Orleans.Concurrency;

namespace MetaML;

/// <summary>The catalog of the versions of one model. Key: the name of the model. <c>grains.GetModel(name)</c> returns it.</summary>
/// <remarks>
/// Tasks use the active version. After another version is activated, or an earlier one again, each task is adapted to it at its next call: by its statistics if
/// the steps before the meta-learner, the encoder and the units are the same, otherwise by the rows that <see cref="ITaskRowSource"/> gives. Until then the task goes on with its version.
/// </remarks>
[Alias("MetaML.IModelGrain")]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>Publishes a version, which is not active yet. Publishing the same file again changes nothing.</summary>
    /// <param name="version">The name of the version: letters and digits of ASCII, '.', '_' and '-'.</param>
    /// <param name="file">The file of the model, as <c>ml.Model.Save</c> writes it, with the input schema. It is checked as by LoadChecked.</param>
    /// <param name="cancellationToken">Stops the method before the version is stored.</param>
    /// <returns>The version.</returns>
    /// <exception cref="ArgumentException">The model has no Task column, no input schema, a step that needs more than one row, or a column that cannot be sent; or the version exists with another file; or the file is too large.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or needs an unknown loader.</exception>
    [Alias("Publish")]
    Task<ModelVersion> Publish(string version, [Immutable] byte[] file, CancellationToken cancellationToken = default);

    /// <summary>The versions, in the order of their publication.</summary>
    [Alias("List")]
    [ReadOnly]
    Task<IReadOnlyList<ModelVersion>> List();

    /// <summary>Makes a published version the active one.</summary>
    /// <param name="version">The name of the version.</param>
    /// <exception cref="ArgumentException">There is no such version.</exception>
    [Alias("Activate")]
    Task Activate(string version);

    /// <summary>Removes a version and its file.</summary>
    /// <param name="version">The name of the version.</param>
    /// <remarks>Tasks that still use the version can then be adapted to another one only by the rows of <see cref="ITaskRowSource"/>. Retire a version when no task uses it.</remarks>
    /// <exception cref="ArgumentException">There is no such version.</exception>
    /// <exception cref="InvalidOperationException">The version is active.</exception>
    [Alias("Retire")]
    Task Retire(string version);

    /// <summary>Reserves the right to create tasks, for a silo.</summary>
    /// <param name="count">Number of tasks; negative to give back.</param>
    /// <param name="maximum">The largest number of tasks of the model.</param>
    /// <returns>The number that is granted: at least 0, and at most <paramref name="count"/>.</returns>
    [Alias("Reserve")]
    Task<int> Reserve(int count, long maximum);
}
