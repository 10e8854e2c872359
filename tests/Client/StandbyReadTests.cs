using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Ownership;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Reads while the silo of an entry is silent: two silos, of which one does not answer.</summary>
public sealed class StandbyReadTests : IAsyncLifetime
{
    private static readonly SiloAddress Silent = FakeCluster.Silo(1);
    private static readonly SiloAddress Other = FakeCluster.Silo(2);

    /// <summary>So long that no step of the clock ends a read that has only to be told its answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private static readonly AcquireRequest Reading = new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero);

    private readonly SteppedTime _time = new();
    private readonly ConcurrentQueue<EntryRead> _asked = new();
    private readonly Rendezvous _owners = new([Silent, Other]);
    private EntryClient _entries = null!;
    private Func<EntryRead, Acquired> _answer = static _ => Acquired.Moved;
    private bool _isUnanswered;

    public async Task InitializeAsync()
    {
        var factory = DispatchProxy.Create<IGrainFactory, Grains>();
        ((Grains)(object)factory).Of = grain => grain switch
        {
            GrainId identity => Service(identity == GrainIdOf(Other)),
            _ => new Endpoints(),
        };
        var reachability = new Reachability(_time, NullLogger<Reachability>.Instance);
        var protocol = new ProtocolCheck(ProtocolVersions.OfThisBuild, factory, reachability, _time, NullLogger<ProtocolCheck>.Instance);
        var endpoints = new SiloEndpoints(factory, protocol, new Identities(), _time, NullLogger<SiloEndpoints>.Instance);
        var silent = DispatchProxy.Create<IEntryGrain, Faulty>();
        _entries = new(new OneEntry(silent), endpoints, reachability, _time);
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(1), () => endpoints.Find(KeyOf(Other)) is not null);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Read_OfASilentSilo_IsAnsweredByTheStandby_WhichIsNotAskedForAToken()
    {
        _answer = static _ => new(AcquireStatus.Fresh, new(new([1], null), [], CacheLife.Max, TimeSpan.Zero), TokenId.None);

        Assert.Equal(AcquireStatus.Fresh, (await Read(Silent))!.Status);
        Assert.False(Assert.Single(_asked).MayGenerate);
    }

    /// <summary>Those who wait behind the messages that a dead silo does not answer get neither an answer nor a fault: they were never sent.</summary>
    [Fact]
    public async Task Reads_ThatAreNotSentAtAll_AreAnsweredByTheStandby()
    {
        _isUnanswered = true;
        _answer = static _ => new(AcquireStatus.Fresh, new(new([1], null), [], CacheLife.Max, TimeSpan.Zero), TokenId.None);

        var reading = Task.WhenAll(Enumerable.Range(0, 20).Select(i => _entries.TryAcquire(KeyOf(Silent, i), Reading, Patience, CancellationToken.None).AsTask()));
        await Waits.Advance(_time, TimeSpan.FromMilliseconds(1), () => reading.IsCompleted);
        Assert.All(await reading, read => Assert.Equal(AcquireStatus.Fresh, read!.Status));
    }

    [Fact]
    public async Task Read_OfASilentSilo_WhoseStandbyHasNothing_GoesWithoutTheCluster()
    {
        Assert.Null(await Read(Silent));
        Assert.Single(_asked);
    }

    /// <summary>Misses of one silent silo, however many and fast, do not shut its readers off from the others.</summary>
    [Fact]
    public async Task ManyReads_OfASilentSilo_LeaveTheReadersOfOthersAlone()
    {
        for (var i = 0; i < 20; i++)
        {
            Assert.Null(await Read(Silent, i));
        }

        _answer = static _ => Acquired.Miss;
        Assert.Equal(AcquireStatus.Miss, (await Read(Other))!.Status);
    }

    private Task<Acquired?> Read(SiloAddress owner, int number = 0) => _entries.TryAcquire(KeyOf(owner, number), Reading, Patience, CancellationToken.None).AsTask().Soon();

    private string KeyOf(SiloAddress owner, int number = 0) =>
        Enumerable.Range(0, 500).Select(i => CacheNamespace.Default.Scope($"key-{i}")).Where(key => owner.Equals(_owners.OwnerOf(key))).ElementAt(number);

    private static GrainId GrainIdOf(SiloAddress silo) => GrainId.Create("service", silo.ToParsableString());

    private IBatchService Service(bool answers)
    {
        var service = DispatchProxy.Create<IBatchService, Batches>();
        ((Batches)(object)service).Answer = reads => answers ? Task.FromResult(Array.ConvertAll(reads, read =>
        {
            _asked.Enqueue(read);
            return (Acquired?)_answer(read);
        })) : _isUnanswered ? new TaskCompletionSource<Acquired?[]>().Task : Task.FromException<Acquired?[]>(new SiloUnavailableException("It is silent."));
        return service;
    }

    private sealed class Endpoints : IEndpointsGrain
    {
        public ValueTask<EndpointAddress[]> Find(string? name = null, ProtocolVersions? versions = null) => new([new(Silent, GrainIdOf(Silent), null), new(Other, GrainIdOf(Other), null)]);
    }

    private sealed class Identities : IEndpointResolver
    {
        ValueTask<IEnumerable<(SiloAddress Silo, GrainId Identity)>> IEndpointResolver.Identities(EndpointAddress[] endpoints) => new(endpoints.Select(endpoint => (endpoint.Silo, endpoint.Identity)));
    }

    private sealed class OneEntry(IEntryGrain entry) : IEntryGrains
    {
        public IEntryGrain this[string scopedKey] => entry;
    }

#pragma warning disable CA1852 // The proxies derive from them.
    internal class Grains : DispatchProxy
    {
        public Func<object, object> Of { get; set; } = null!;

        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => Of(args![0]!);
    }

    internal class Batches : DispatchProxy
    {
        public Func<EntryRead[], Task<Acquired?[]>> Answer { get; set; } = null!;

        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => new ValueTask<Acquired?[]>(Answer((EntryRead[])args![0]!));
    }

    internal class Faulty : DispatchProxy
    {
        protected override object Invoke(MethodInfo? targetMethod, object?[]? args) => throw new SiloUnavailableException("It is silent.");
    }
#pragma warning restore CA1852
}
