using Microsoft.Extensions.Options;

namespace MetaML.Extensions.Orleans.Models;

/// <summary>The file of a version, in the grain storage.</summary>
[GrainType("metaml.model-file")]
internal sealed class ModelFileGrain : Grain, IModelFileGrain
{
    private readonly IPersistentState<ModelFile> _file;

    public ModelFileGrain(IGrainContext context, IPersistentStateFactory states, IOptions<TaskGrainOptions> options) =>
        _file = states.Create<ModelFile>(context, new StateConfiguration("model-file", options.Value.StorageName));

    public async Task Save(byte[] file)
    {
        _file.State = new ModelFile { Bytes = file };
        await _file.WriteStateAsync();
        DeactivateOnIdle(); // silos keep the models, so that the file need not stay in memory
    }

    public Task<byte[]?> Load()
    {
        DeactivateOnIdle();
        return Task.FromResult(_file.RecordExists ? _file.State.Bytes : null);
    }

    public async Task Delete()
    {
        if (_file.RecordExists)
            await _file.ClearStateAsync();
        DeactivateOnIdle();
    }
}
