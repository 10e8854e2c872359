using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Invalidation;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Sessions;
using OrleansTagCache.Views;

namespace OrleansTagCache.Testing;

/// <summary>One silo's invalidator with its real membership, lease and ledger, over scripted peers and a clock that the test owns.</summary>
internal sealed class InvalidatorHost : IDisposable
{
    public static readonly TimeSpan LeaseLength = TimeSpan.FromSeconds(5);

    /// <summary>How many holds it holds at most.</summary>
    public const int MaximumHolds = 3;

    private long _version;

    /// <param name="time">The clock; one that stands still until it is advanced if null.</param>
    /// <param name="lease">How long the serving lease is; <see cref="LeaseLength"/> if null.</param>
    /// <param name="own">What the silo speaks; what this build does if null.</param>
    /// <param name="metrics">What it counts in; something that no one reads if null.</param>
    public InvalidatorHost(FakeTimeProvider? time = null, TimeSpan? lease = null, ProtocolVersions? own = null, SiloMetrics? metrics = null)
    {
        Time = time ?? new();
        Lease = new(_ => ReadRow(), () => Ends++, lease ?? LeaseLength, Time, NullLogger<ServingLease>.Instance);
        Members = new(Self, LeaseLength, Time, NullLogger<Members>.Instance);
        Sessions = new(Lease, Details, new TagCacheOptions(), Time, NullLogger<ClientSessions>.Instance);
        Versions = new(own ?? ProtocolVersions.OfThisBuild, Members, NullLogger<PeerVersions>.Instance);
        Invalidator = new(
            Ledger, Members, Lease, Sessions, new RecentUpdates(), History, Peers, metrics ?? Metrics(), Versions, new() { MaximumHolds = MaximumHolds }, Details, Time, NullLogger<Invalidator>.Instance);
    }

    public static ILocalSiloDetails Details { get; } = new SelfDetails();

    public static SiloAddress Self { get; } = Silo(1);

    public FakeTimeProvider Time { get; }

    public StampHistory History { get; } = new();

    public TagLedger Ledger { get; } = new(1_000);

    public FakePeers Peers { get; } = new();

    public Members Members { get; }

    public ServingLease Lease { get; }

    public ClientSessions Sessions { get; }

    /// <summary>What the silos speak.</summary>
    public PeerVersions Versions { get; }

    public Invalidator Invalidator { get; }

    /// <summary>What the next reading of the own row says.</summary>
    public bool IsAliveInTable { get; set; } = true;

    /// <summary>Reads the own row.</summary>
    public Func<Task<bool>>? OnReadRow { get; set; }

    /// <summary>How often this silo was ended.</summary>
    public int Ends { get; private set; }

    public static SiloAddress Silo(int number) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, number), number);

    public static TagId Tag(string name) => TagId.OfTag(CacheNamespace.Default, name);

    /// <summary>Begins to serve, with those members.</summary>
    public async Task<InvalidatorHost> Serve(params (SiloAddress Silo, SiloStatus Status)[] others)
    {
        Observe(others);
        await Lease.StartRenewing();
        Lease.BeginServing();
        return this;
    }

    public void Observe(params (SiloAddress Silo, SiloStatus Status)[] others) =>
        Members.Observe([.. others.Select(other => KeyValuePair.Create(other.Silo, other.Status)), new(Self, SiloStatus.Active)], ++_version);

    private Task<bool> ReadRow() => OnReadRow?.Invoke() ?? Task.FromResult(IsAliveInTable);

    public void Dispose()
    {
        Invalidator.Dispose();
        Sessions.Dispose();
        Members.Dispose();
        Lease.Dispose();
    }

    public static SiloMetrics Metrics(TagCacheOptions? options = null) => new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), options);

    private sealed class SelfDetails : ILocalSiloDetails
    {
        public string Name => "self";

        public string ClusterId => "test";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => Self;

        public SiloAddress GatewayAddress => Self;
    }
}
