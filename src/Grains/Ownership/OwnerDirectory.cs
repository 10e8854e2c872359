using Orleans.GrainDirectory;

namespace OrleansTagCache.Ownership;

/// <summary>
/// The grain directory of entries and tags. It stores nothing: where one belongs is computed, so that finding, placing and registering it takes
/// no message, and the death of a silo takes no entries with it but its own.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class OwnerDirectory(Owners owners) : IGrainDirectory
{
    public const string Name = "otc.owners";

    public Task<GrainAddress?> Lookup(GrainId grainId) => Task.FromResult(AddressOf(grainId));

    /// <summary>An activation that belongs elsewhere is told where: its messages are sent on.</summary>
    public Task<GrainAddress?> Register(GrainAddress address) => Task.FromResult<GrainAddress?>(
        AddressOf(address.GrainId) is { } owner && !owner.SiloAddress!.Equals(address.SiloAddress) ? owner : address);

    public Task Unregister(GrainAddress address) => Task.CompletedTask;

    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask;

    public GrainAddress? AddressOf(GrainId grainId) => owners.OwnerOf(grainId) is { } silo
        ? new() { GrainId = grainId, SiloAddress = silo, MembershipVersion = owners.Version }
        : null;
}
