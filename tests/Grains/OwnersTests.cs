using System.Diagnostics.CodeAnalysis;
using Orleans.Runtime.GrainDirectory;
using OrleansTagCache.Ownership;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Which silo an entry or a tag belongs to, as Orleans is told.</summary>
public sealed class OwnersTests
{
    private static readonly SiloAddress One = FakeCluster.Silo(1);
    private static readonly SiloAddress Two = FakeCluster.Silo(2);

    private readonly FakeCluster _cluster = new();
    private readonly OwnerDirectory _directory;

    public OwnersTests() => _directory = new(_cluster.Owners);

    [Fact]
    public void OwnerOf_IsAnActiveSiloThatKnowsEntries()
    {
        _cluster.Is(
            (One, SiloStatus.Active, true),
            (Two, SiloStatus.Active, false),
            (FakeCluster.Silo(3), SiloStatus.Joining, true),
            (FakeCluster.Silo(4), SiloStatus.ShuttingDown, true),
            (FakeCluster.Silo(5), SiloStatus.Dead, true));
        Assert.All(Grains(), grain => Assert.Equal(One, _cluster.Owners.OwnerOf(grain)));
    }

    [Fact]
    public void OwnerOf_FollowsWhoComesAndGoes_AndIsAstraySaysIt()
    {
        _cluster.Is((FakeCluster.Self, SiloStatus.Active, true));
        Assert.DoesNotContain(Grains(), grain => _cluster.Owners.IsAstray(grain.Key.ToString()!));

        _cluster.Is((FakeCluster.Self, SiloStatus.Active, true), (Two, SiloStatus.Active, true));
        var moved = Grains().Where(grain => _cluster.Owners.IsAstray(grain.Key.ToString()!)).ToList();
        Assert.InRange(moved.Count, 1, Grains().Count() - 1);
        Assert.All(moved, grain => Assert.Equal(Two, _cluster.Owners.OwnerOf(grain)));
    }

    [Fact]
    public async Task Directory_WithoutAnActiveSilo_LeavesEverythingToWhoeverAsks()
    {
        var here = new GrainAddress { GrainId = Grains().First(), SiloAddress = One, ActivationId = ActivationId.NewId() };
        Assert.Null(await _directory.Lookup(here.GrainId));
        Assert.Same(here, await _directory.Register(here));
    }

    [Fact]
    public async Task Directory_SendsAnActivationThatBelongsElsewhereOn()
    {
        _cluster.Is((One, SiloStatus.Active, true));
        var grain = Grains().First();
        var here = new GrainAddress { GrainId = grain, SiloAddress = One, ActivationId = ActivationId.NewId() };
        Assert.Same(here, await _directory.Register(here));
        Assert.Equal(One, (await _directory.Register(new() { GrainId = grain, SiloAddress = Two, ActivationId = here.ActivationId }))!.SiloAddress);
        Assert.Equal(One, (await _directory.Lookup(grain))!.SiloAddress);
    }

    [Fact]
    public void Cache_ComputesWhatBelongsToSilos_AndCachesWhatDoesNot()
    {
        _cluster.Is((One, SiloStatus.Active, true));
        var others = new RememberingCache();
        var cache = new OwnerDirectoryCache(_directory, others);
        var foreign = new GrainAddress { GrainId = GrainId.Create("somebody's", "grain"), SiloAddress = Two };
        cache.AddOrUpdate(foreign, 1);
        Assert.True(cache.LookUp(foreign.GrainId, out var found, out _));
        Assert.Same(foreign, found);

        foreach (var grain in Grains())
        {
            cache.AddOrUpdate(new() { GrainId = grain, SiloAddress = Two }, 1);
            Assert.True(cache.LookUp(grain, out found, out _));
            Assert.Equal(One, found.SiloAddress);
        }

        Assert.Single(others.Addresses);
        Assert.True(cache.Remove(foreign));
        Assert.Empty(others.Addresses);
    }

    private static IEnumerable<GrainId> Grains() => Enumerable.Range(0, 50)
        .SelectMany(i => new[] { GrainId.Create(OwnedGrains.EntryType, $"key {i}"), GrainId.Create(OwnedGrains.TagType, $"tag {i}") });

    private sealed class RememberingCache : IGrainDirectoryCache
    {
        public Dictionary<GrainId, GrainAddress> Addresses { get; } = [];

        public IEnumerable<(GrainAddress ActivationAddress, int Version)> KeyValues => Addresses.Values.Select(address => (address, 0));

        public void AddOrUpdate(GrainAddress value, int version) => Addresses[value.GrainId] = value;

        public bool Remove(GrainId key) => Addresses.Remove(key);

        public bool Remove(GrainAddress key) => Addresses.Remove(key.GrainId);

        public void Clear() => Addresses.Clear();

        public bool LookUp(GrainId key, [NotNullWhen(true)] out GrainAddress? result, out int version)
        {
            version = 0;
            return Addresses.TryGetValue(key, out result);
        }
    }
}
