namespace MetaML.Extensions.Orleans.Models;

/// <summary>The file of a version, in the grain storage. Key: the names of the model and of the version.</summary>
[Alias("MetaML.IModelFileGrain")]
internal interface IModelFileGrain : IGrainWithStringKey
{
    [Alias("Save")]
    Task Save([Immutable] byte[] file);

    [Alias("Load")]
    Task<byte[]?> Load();

    [Alias("Delete")]
    Task Delete();
}
