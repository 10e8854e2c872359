using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Joining;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Moving;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>One silo that joins and leaves: over a membership table and peers that the test scripts, on a clock that the test owns.</summary>
internal sealed class JoinHost : IDisposable
{
    private readonly TaskCompletionSource<TimeSpan> _served = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, ILifecycleObserver> _lifecycle = new();
    private readonly MembershipTable _table = (MembershipTable)DispatchProxy.Create<IMembershipTable, MembershipTable>();
    private readonly JoinAndLeave _join;
    private readonly OwnershipChanges _ownership;
    private readonly Standbys _standbys;

    /// <param name="own">What the silo speaks; what this build does if null.</param>
    public JoinHost(ProtocolVersions? own = null)
    {
        Silo = new(own: own);
        var begun = Silo.Time.Now();
        Silo.Lease.Renewed += () =>
        {
            if (Silo.Lease.IsValid())
            {
                _served.TrySetResult(Silo.Time.Now() - begun);
            }
        };
        var table = new EntryTable(Silo.Ledger, 1 << 20, maximumEntries: null);
        var services = new EntryServices(
            Silo.Ledger, table, Silo.Lease, Silo.Invalidator, Silo.Sessions, Silo.History, refreshes: null!, InvalidatorHost.Metrics(), InvalidatorHost.Details, Silo.Time, Options);
        Store = new(services);
        var rate = new MoveRate(Options.MaximumMoveBytesPerSecond, Silo.Time);
        _standbys = new(services, Store, table, Cluster.Owners, Silo.Peers, rate, Silo.Time, NullLogger<Standbys>.Instance, Options);
        Mover = new(services, Store, table, Cluster.Owners, Silo.Peers, InvalidatorHost.Details, _standbys, rate, InvalidatorHost.Metrics(), Silo.Time, NullLogger<Mover>.Instance);
        var former = new FormerOwners(Cluster.Owners, Silo.Members, Cluster.Standings, InvalidatorHost.Details, Silo.Time);
        _ownership = new(Cluster.Standings, Silo.Members, former, Mover, _standbys, Silo.Peers, InvalidatorHost.Details, Silo.Time, NullLogger<OwnershipChanges>.Instance);
        _join = new(
            (IMembershipTable)(object)_table,
            News,
            Silo.Members,
            Silo.Lease,
            Silo.Invalidator,
            Silo.Sessions,
            Silo.Ledger,
            Silo.History,
            _ownership,
            Versions,
            Mover,
            Options,
            Silo.Peers,
            InvalidatorHost.Details,
            Fatal,
            Silo.Time,
            NullLogger<JoinAndLeave>.Instance);
        _join.Participate(new Lifecycle(_lifecycle));
    }

    public InvalidatorHost Silo { get; }

    public FakeCluster Cluster { get; } = new();

    public Mover Mover { get; }

    public EntryStore Store { get; }

    /// <summary>What the silos speak.</summary>
    public PeerVersions Versions => Silo.Versions;

    /// <summary>What ends a silo that has started.</summary>
    public Ends Fatal { get; } = new();

    public TagCacheOptions Options { get; } = new();

    /// <summary>What Orleans tells of the membership.</summary>
    public Gossip News { get; } = new();

    /// <summary>The rows of the table, as the next reading finds them.</summary>
    public (SiloAddress Silo, SiloStatus Status)[] Rows
    {
        set => _table.Rows = value;
    }

    /// <summary>What happens when the table is read.</summary>
    public Action OnRead
    {
        set => _table.OnRead = value;
    }

    /// <summary>What the silo has written into its own row itself.</summary>
    public SiloStatus? Written => _table.Written;

    /// <summary>How many of the next writes fail, since another silo has written at the same version of the table.</summary>
    public int LostWrites
    {
        set => _table.LostWrites = value;
    }

    /// <summary>Ends when the silo serves, with the time that it took.</summary>
    public Task<TimeSpan> Served => _served.Task;

    public Task Start() => _lifecycle[nameof(JoinAndLeave)].OnStart(CancellationToken.None);

    public Task Leave() => _lifecycle["Leave"].OnStop(CancellationToken.None);

    /// <summary>How the clock runs. While timers fire it may be read as much too early: what is measured by it is exact to this.</summary>
    public static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    /// <summary>Lets the clock run until something has happened.</summary>
    public Task AdvanceUntil(Func<bool> isReached) => Waits.Advance(Silo.Time, Step, isReached);

    public void Dispose()
    {
        _join.Dispose();
        _ownership.Dispose();
        Mover.Dispose();
        _standbys.Dispose();
        Silo.Dispose();
    }

    /// <summary>Hears that the process is to end.</summary>
    internal sealed class Ends : IFatalErrorHandler
    {
        private readonly TaskCompletionSource<string?> _reason = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Why it is to end.</summary>
        public Task<string?> Reason => _reason.Task;

        public bool IsUnexpected(Exception exception) => true;

        public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null) => _reason.TrySetResult(context);
    }

    private sealed class Lifecycle(ConcurrentDictionary<string, ILifecycleObserver> observers) : ISiloLifecycle
    {
        public int HighestCompletedStage => 0;

        public int LowestStoppedStage => 0;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            observers[observerName] = observer;
            return new CancellationTokenSource();
        }
    }

    /// <summary>Snapshots as the test publishes them; whoever begins to listen hears the latest first.</summary>
    internal sealed class Gossip : IClusterMembershipService, IAsyncEnumerable<ClusterMembershipSnapshot>
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private ClusterMembershipSnapshot? _latest;

        public ClusterMembershipSnapshot CurrentSnapshot => throw new NotSupportedException();

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => this;

        public void Publish(long version, params (SiloAddress Silo, SiloStatus Status)[] members)
        {
            lock (_gate)
            {
                _latest = new(
                    members.ToImmutableDictionary(member => member.Silo, member => new ClusterMember(member.Silo, member.Status, "silo")), new(version));
                _next.SetResult();
                _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public async IAsyncEnumerator<ClusterMembershipSnapshot> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            ClusterMembershipSnapshot? told = null;
            while (true)
            {
                ClusterMembershipSnapshot? latest;
                Task next;
                lock (_gate)
                {
                    (latest, next) = (_latest, _next.Task);
                }

                if (latest is not null && latest != told)
                {
                    yield return told = latest;
                    continue;
                }

                await next.WaitAsync(cancellationToken);
            }
        }

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => default;

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }

    /// <summary>A table that can be read as a whole, and whose rows can be written.</summary>
#pragma warning disable CA1852 // The proxy derives from it.
    internal class MembershipTable : DispatchProxy
#pragma warning restore CA1852
    {
        private int _version;

        public (SiloAddress Silo, SiloStatus Status)[] Rows { get; set; } = [];

        public Action OnRead { get; set; } = () => { };

        public SiloStatus? Written { get; private set; }

        public int LostWrites { get; set; }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == nameof(IMembershipTable.UpdateRowAsync))
            {
                Written = LostWrites > 0 ? Written : ((MembershipEntry)args![0]!).Status;
                return Task.FromResult(LostWrites-- <= 0);
            }

            Assert.Equal(nameof(IMembershipTable.ReadAllAsync), targetMethod.Name);
            OnRead();
            var rows = Rows.Select(row => Tuple.Create(new MembershipEntry { SiloAddress = row.Silo, Status = row.Status }, string.Empty)).ToList();
            return Task.FromResult(new MembershipTableData(rows, new TableVersion(++_version, string.Empty)));
        }
    }
}
