using Orleans;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace MetaML.Benchmarks.Scale;

/// <summary>A grain that only writes bytes.</summary>
internal interface IBareGrain : IGrainWithStringKey
{
    Task Write([Immutable] byte[] bytes);
}

/// <summary>The least that a stored change of a grain costs.</summary>
internal sealed class BareGrain([PersistentState("bare", "MetaML")] IPersistentState<BareState> state) : Grain, IBareGrain
{
    public async Task Write(byte[] bytes)
    {
        state.State = new BareState { Bytes = bytes };
        await state.WriteStateAsync();
    }
}

/// <summary>Bytes.</summary>
[GenerateSerializer]
internal sealed class BareState
{
    [Id(0)]
    public byte[] Bytes { get; set; } = [];
}
