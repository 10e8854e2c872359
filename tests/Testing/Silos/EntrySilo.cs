using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Batching;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Moving;
using OrleansTagCache.Names;
using OrleansTagCache.Ownership;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Testing;

/// <summary>
/// The entries of one silo that stands alone: the real grains and the real batch handler over the real ledger, as plain objects without Orleans, on a clock that the test
/// owns. It serves until it is disposed.
/// </summary>
internal sealed class EntrySilo : IEntryGrains, IDisposable
{
    /// <summary>So that clocks can be advanced far without a renewal in between.</summary>
    private static readonly TimeSpan ServingLease = TimeSpan.FromDays(1);

    private readonly ConcurrentDictionary<string, IEntryGrain> _grains = new(StringComparer.Ordinal);

    private EntrySilo(long? maximumEntries, TimeSpan? generationLease, long maximumBytes, TagMetrics? tags)
    {
        Silo = new(Time, ServingLease);
        Evicted = new(Time);
        Table = new(Silo.Ledger, maximumBytes, maximumEntries, tags, Evicted);
        Index = new(Silo.Ledger);
        Host = new(
            Silo.Ledger,
            Table,
            Silo.Lease,
            Silo.Invalidator,
            Silo.Sessions,
            Silo.History,
            refreshes: null!,
            InvalidatorHost.Metrics(),
            InvalidatorHost.Details,
            Time,
            new TagCacheOptions { GenerationLease = generationLease ?? new TagCacheOptions().GenerationLease });
        Cluster.Is((FakeCluster.Self, SiloStatus.Active, true));
        Store = new(Host);
        Former = new(Cluster.Owners, Silo.Members, Cluster.Standings, InvalidatorHost.Details, Time);
        Tickets = new(Store, Silo.Ledger, Silo.Lease, Cluster.Standings, InvalidatorHost.Details, Time);
        Fetches = new(Store, Former, Tickets, Silo.Peers, Time, NullLogger<Fetches>.Instance);
        Batches = new(Store, Cluster.Owners, Fetches);
        Rate = new(new TagCacheOptions().MaximumMoveBytesPerSecond, Time);
        Standbys = new(Host, Store, Table, Cluster.Owners, Silo.Peers, Rate, Time, NullLogger<Standbys>.Instance, new());
    }

    public SteppedTime Time { get; } = new();

    public InvalidatorHost Silo { get; }

    public DependentsIndex Index { get; }

    public EvictedTags Evicted { get; }

    public EntryTable Table { get; }

    public EntryServices Host { get; }

    public EntryStore Store { get; }

    /// <summary>The cluster as the silo sees it: itself alone, unless the test says otherwise.</summary>
    public FakeCluster Cluster { get; } = new();

    public EntryBatchHandler Batches { get; }

    public FormerOwners Former { get; }

    public TicketIssuer Tickets { get; }

    public MoveRate Rate { get; }

    public Standbys Standbys { get; }

    public Fetches Fetches { get; }

    /// <summary>What stands before the entries' grains; nothing unless the test says so.</summary>
    public Func<IEntryGrain, IEntryGrain> Around { get; set; } = entry => entry;

    public IEntryGrain this[string scopedKey] => _grains.GetOrAdd(scopedKey, key => Around(new EntryGrain(Store, Table, Fetches, ContextOf(key))));

    public static async Task<EntrySilo> Serve(long? maximumEntries = null, TimeSpan? generationLease = null, long maximumBytes = 1 << 24, TagMetrics? tags = null)
    {
        var silo = new EntrySilo(maximumEntries, generationLease, maximumBytes, tags);

        // It remembers every change from here on, and a minute of it is past.
        silo.Silo.History.Begin(silo.Time.Now());
        silo.Time.Advance(TimeSpan.FromMinutes(1));
        await silo.Silo.Serve();
        return silo;
    }

    public static string Scope(string key) => CacheNamespace.Default.Scope(key);

    public static EntryData Data(params string[] tags) => new(new([1], null), tags, CopiedTags: null, CacheLife.Max);

    public IEntryGrain Entry(string key) => this[Scope(key)];

    /// <summary>The value that is stored under a key, served or not.</summary>
    public StoredValue? Stored(string key) => Table.Find(Scope(key))?.Value;

    /// <summary>Generates a value, and stores it.</summary>
    public async Task Generate(string key, EntryData data)
    {
        var token = (await Entry(key).Acquire(new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero))).Token;
        Xunit.Assert.Equal(CommitStatus.Stored, (await Entry(key).Commit(token, data)).Status);
    }

    /// <summary>Begins an update of a tag: this silo has applied it when the call returns.</summary>
    public Task<UpdateOutcome> Update(string tag) => Silo.Invalidator.Begin(new([InvalidatorHost.Tag(tag)], StaleFor: null)).Completion;

    /// <summary>A client that keeps values of this silo, and lets go of them when that task has ended; by default never: what it was told of stays to be seen.</summary>
    public SessionId[] OpenSession(Task? letsGo = null) => [Silo.Sessions.Open(new Slow(letsGo ?? new TaskCompletionSource().Task), "client").Session];

    public void Dispose()
    {
        Standbys.Dispose();
        Silo.Dispose();
    }

    private static IGrainContext ContextOf(string scopedKey)
    {
        var context = DispatchProxy.Create<IGrainContext, Context>();
        ((Context)context).Id = GrainId.Create(OwnedGrains.EntryType, scopedKey);
        return context;
    }

    private sealed class Slow(Task letsGo) : INearCacheObserver
    {
        public async Task<long> Apply(Push[] pushes)
        {
            await letsGo;
            return pushes[^1].Number;
        }

        public Task End(SessionId session) => letsGo;
    }

    /// <summary>What an entry's grain asks of its activation.</summary>
#pragma warning disable CA1852 // The proxy derives from it.
    internal class Context : DispatchProxy
#pragma warning restore CA1852
    {
        public GrainId Id { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
            targetMethod!.Name == $"get_{nameof(IGrainContext.GrainId)}" ? Id : null;
    }
}
