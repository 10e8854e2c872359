using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Near;
using OrleansTagCache.Sessions;
using OrleansTagCache.Transport;
using OrleansTagCache.Views;

namespace OrleansTagCache.Testing;

/// <summary>
/// One silo that stands alone, without Orleans: the real store of entries, ledger, fan-out and serving lease. Its membership has itself alone, so that every update is complete when it was applied here.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class TestSilo : IEntryGrains, IDisposable
{
    /// <summary>Nothing renews it but <see cref="KeepServing"/>.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromDays(1);

    /// <summary>So long it is said to have served before: it remembers every change of that time, of which there was none.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromHours(1);

    private readonly TagLedger _ledger;
    private readonly Members _members;
    private readonly ServingLease _lease;
    private readonly ClientSessions _sessions;
    private readonly EntryStore _store;

    public TestSilo(TagCacheOptions options, TimeProvider time, SiloMetrics metrics)
    {
        var details = new Details();
        var (history, recent) = (new StampHistory(), new RecentUpdates());
        _ledger = new(options.MaximumRememberedTags);
        _members = new(details.SiloAddress, Lease, time, NullLogger<Members>.Instance);
        _lease = new(_ => Task.FromResult(true), () => { }, Lease, time, NullLogger<ServingLease>.Instance);
        _sessions = new(_lease, details, options, time, NullLogger<ClientSessions>.Instance);
        Invalidator = new(
            _ledger,
            _members,
            _lease,
            _sessions,
            recent,
            history,
            new NoPeers(),
            metrics,
            new(ProtocolVersions.OfThisBuild, _members, NullLogger<PeerVersions>.Instance),
            options,
            details,
            time,
            NullLogger<Invalidator>.Instance);
        var table = new EntryTable(_ledger, options.MaximumBytes, options.MaximumEntries);
        _store = new(new(_ledger, table, _lease, Invalidator, _sessions, history, refreshes: null, metrics, details, time, options));
        View = new(table, new(_ledger), _ledger, recent, details, time);
        history.Begin(time.Now() + -Age);
        _members.Observe([new(details.SiloAddress, SiloStatus.Active)], 1);
        Near = new SiloNearLeases(_ledger, _lease);
        _lease.BeginServing();
        KeepServing();
    }

    public Invalidator Invalidator { get; }

    public TagView View { get; }

    public INearLeases Near { get; }

    /// <summary>Whether it answers nothing, as a cluster that cannot be reached.</summary>
    public bool IsAway { get; set; }

    public IEntryGrain this[string scopedKey]
    {
        get
        {
            MustBeThere();
            return new Entry(_store, scopedKey);
        }
    }

    /// <summary>To be called before every call: however far a test has advanced the clock, the silo has the right to serve.</summary>
    public void KeepServing()
    {
        if (!_lease.IsValid())
        {
            // It has nothing to wait for.
            _lease.Renew().GetAwaiter().GetResult();
        }
    }

    /// <exception cref="SiloUnavailableException">It is away.</exception>
    public void MustBeThere()
    {
        if (IsAway)
        {
            throw new SiloUnavailableException("The test has taken the silo away.");
        }
    }

    public void Dispose()
    {
        Invalidator.Dispose();
        _sessions.Dispose();
        _members.Dispose();
        _lease.Dispose();
    }

    private sealed class Entry(EntryStore store, string key) : IEntryGrain
    {
        public ValueTask<Acquired> Acquire(AcquireRequest request) => store.Acquire(key, request);

        public ValueTask<Acquired> AcquireSoft(AcquireRequest request) => Acquire(request);

        public ValueTask<CommitOutcome> Commit(TokenId token, EntryData data, SessionId[]? sessions = null) => new(store.Commit(key, token, data, sessions));

        public ValueTask<bool> Abandon(TokenId token, bool isForStoring = true) => new(store.Abandon(key, token, isForStoring));

        public ValueTask<EntrySnapshot?> FailSafe(TokenId token, bool isOver) => new(store.FailSafe(key, token, isOver));

        public ValueTask<TokenId> BeginSet() => new(store.BeginSet(key));

        public ValueTask<SetOutcome> Set(TokenId token, EntryData data, TimeSpan age, string? trace = null, SetSince? since = null) => store.Set(key, token, data, age, trace, since);

        public ValueTask<UpdateOutcome> Remove(string? trace = null) => store.Remove(key, trace);

        public ValueTask<EntryDescription?> Describe() => new(store.Describe(key));
    }

    private sealed class NoPeers : IPeers
    {
        public IPeerService On(SiloAddress silo) => throw new NotSupportedException("There are no other silos.");
    }

    private sealed class Details : ILocalSiloDetails
    {
        public string Name => "test";

        public string ClusterId => "test";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress { get; } = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1);

        public SiloAddress GatewayAddress => SiloAddress;
    }
}
