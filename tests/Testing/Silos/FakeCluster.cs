using System.Collections.Immutable;
using System.Net;
using Orleans.Metadata;
using OrleansTagCache.Contracts;
using OrleansTagCache.Membership;
using OrleansTagCache.Ownership;

namespace OrleansTagCache.Testing;

/// <summary>A cluster as one silo sees it, with the silos that the test says.</summary>
internal sealed class FakeCluster : IClusterMembershipService, IClusterManifestProvider
{
    private long _version;

    public FakeCluster() => Owners = new(this, this, Standings, InvalidatorHost.Details);

    public Owners Owners { get; }

    /// <summary>How far the silos are: they serve, unless the test says otherwise.</summary>
    public Standings Standings { get; } = new();

    /// <summary>The silo whose view this is.</summary>
    public static SiloAddress Self => InvalidatorHost.Details.SiloAddress;

    public ClusterMembershipSnapshot CurrentSnapshot { get; private set; } = new([], MembershipVersion.MinValue);

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

    public ClusterManifest Current { get; private set; } = new(MajorMinorVersion.Zero, []);

    public IAsyncEnumerable<ClusterManifest> Updates => throw new NotSupportedException();

    public GrainManifest LocalGrainManifest => throw new NotSupportedException();

    public static SiloAddress Silo(int number) => SiloAddress.New(IPAddress.Loopback, 11_000 + number, number);

    /// <summary>From now on these are the silos, with what they are and whether they know entries.</summary>
    public void Is(params (SiloAddress Silo, SiloStatus Status, bool KnowsEntries)[] silos)
    {
        var properties = new GrainProperties(ImmutableDictionary.Create<string, string>(StringComparer.Ordinal));
        var grains = ImmutableDictionary<GrainType, GrainProperties>.Empty
            .Add(OwnedGrains.EntryType, properties)
            .Add(OwnedGrains.TagType, properties);
        _version++;
        Array.ForEach(silos, silo => Standings.Note(silo.Silo, Standing.Serving));
        CurrentSnapshot = new(
            silos.ToImmutableDictionary(silo => silo.Silo, silo => new ClusterMember(silo.Silo, silo.Status, "a silo")), new(_version));
        Current = new(new(_version, 0), silos.ToImmutableDictionary(silo => silo.Silo, silo => new GrainManifest(silo.KnowsEntries ? grains : [], [])));
    }

    public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => default;

    /// <summary>Those that were to be declared dead.</summary>
    public List<SiloAddress> Killed { get; } = [];

    public Task<bool> TryKill(SiloAddress siloAddress)
    {
        Killed.Add(siloAddress);
        return Task.FromResult(true);
    }
}
