using OrleansTagCache.Contracts;

namespace OrleansTagCache.Transport;

/// <summary>The entries' grains by key.</summary>
internal interface IEntryGrains
{
    /// <exception cref="Exception">This process has not been connected to a cluster yet, and does not know the type.</exception>
    IEntryGrain this[string scopedKey] { get; }
}

/// <summary>Makes references to entries' grains. Orleans looks for the type of a grain by reflection whenever it is asked for one, which costs microseconds; here it is found once.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class EntryGrains(IGrainFactory grains) : IEntryGrains
{
    private Kind? _kind;

    public IEntryGrain this[string scopedKey]
    {
        get
        {
            var kind = _kind ??= Find();
            return (IEntryGrain)grains.GetGrain(new(kind.Grain, IdSpan.Create(scopedKey)), kind.Interface);
        }
    }

    private Kind Find()
    {
        var any = (GrainReference)grains.GetGrain<IEntryGrain>(nameof(EntryGrains));
        return new(any.GrainId.Type, any.InterfaceType);
    }

    private sealed record Kind(GrainType Grain, GrainInterfaceType Interface);
}
