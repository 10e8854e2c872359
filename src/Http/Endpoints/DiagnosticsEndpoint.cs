using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>What <c>/v1/diagnostics</c> answers. Dates are of the machine that is named.</summary>
internal sealed record Diagnostics(
    string ClusterId, string ServiceId, string Silo, DateTimeOffset Clock, StoreInfo Store, ProcessInfo[] Members, string[] Unreachable);

/// <summary>Whether the answering silo reaches the membership table: how long a reading took, or what went wrong.</summary>
internal sealed record StoreInfo(double? ElapsedMs, string? Fault);

/// <summary>The process of one member. What a silo of an earlier version does not tell is null.</summary>
internal sealed record ProcessInfo(
    string Silo,
    string? Machine,
    int? ProcessId,
    string? Runtime,
    double? UptimeSeconds,
    double LeaseSeconds,
    double? LeaseLengthSeconds,
    ClockInfo? Clock,
    PoolInfo? Pool,
    MemoryInfo? Memory,
    CertificateInfo? Certificate);

/// <summary>By how much a member's clock is ahead of the answering silo's, negative if it is behind, give or take.</summary>
internal sealed record ClockInfo(double AheadSeconds, double WithinSeconds);

/// <summary>The thread pool of a member.</summary>
internal sealed record PoolInfo(int Processors, int Threads, long QueuedWork, double DelayMs);

/// <summary>The memory of a member: what its machine or container has in use, what there is, and for which share of its time collections have stopped it.</summary>
internal sealed record MemoryInfo(long InUseBytes, long AvailableBytes, double PausedPercent);

/// <summary>The certificate of a member's Orleans ports.</summary>
internal sealed record CertificateInfo(string Subject, DateTimeOffset From, DateTimeOffset To);

/// <summary><c>GET /v1/diagnostics</c>: what people ask for who look for what is wrong.</summary>
internal sealed class DiagnosticsEndpoint(
    Members membership, IPeers peers, IMembershipTable table, ILocalSiloDetails self, IOptions<ClusterOptions> cluster, TimeProvider time)
{
    /// <summary>A store that answers no sooner lets leases lapse.</summary>
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(3);

    public void Map(IEndpointRouteBuilder v1) =>
        v1.MapRead("/diagnostics", Describe).Needs(Scopes.Admin).WithSummary("Store, clocks, thread pools, memory and certificates").Produces<Diagnostics>();

    public async Task<IResult> Describe()
    {
        var store = AskStore();
        var silos = membership.Others.Append(self.SiloAddress).ToArray();
        var members = await Task.WhenAll(silos.Select(Ask));
        return JsonAnswer.Ok(new Diagnostics(
            cluster.Value.ClusterId,
            cluster.Value.ServiceId,
            self.SiloAddress.ToString(),
            time.GetUtcNow(),
            await store,
            [.. members.OfType<ProcessInfo>().OrderBy(member => member.Silo, StringComparer.Ordinal)],
            [.. silos.Where((_, i) => members[i] is null).Select(silo => silo.ToString())]));
    }

    private async Task<StoreInfo> AskStore()
    {
        var asked = time.Now();
        using var late = new CancellationTokenSource(StorePatience, time);
        try
        {
            await table.ReadRowAsync(self.SiloAddress, late.Token).WaitAsync(StorePatience, time);
            return new(Milliseconds(time.Now() - asked), null);
        }
        catch (Exception exception)
        {
            // The kind alone: a driver's message may name the server, and its user.
            return new(null, exception is TimeoutException or OperationCanceledException ? $"It did not answer within {StorePatience.TotalSeconds:0} s." : $"It cannot be read: {exception.GetBaseException().GetType().Name}.");
        }
    }

    private async Task<ProcessInfo?> Ask(SiloAddress silo)
    {
        try
        {
            var (asked, clock) = (time.Now(), time.GetUtcNow());
            var report = await peers.On(silo).Report();
            return Of(report, clock, time.Now() - asked);
        }
        catch (Exception)
        {
            // A view is better than none: the silo is named as unreachable.
            return null;
        }
    }

    /// <param name="report">What the silo says.</param>
    /// <param name="clock">The date here when it was asked.</param>
    /// <param name="elapsed">How long it took to answer: its date was read at some time in it.</param>
    private static ProcessInfo Of(SiloReport report, DateTimeOffset clock, TimeSpan elapsed)
    {
        var lease = Math.Round(report.Lease.TotalSeconds, 3);
        if (report.Process is not { } process)
        {
            return new(report.Silo, null, null, null, null, lease, null, null, null, null, null);
        }

        return new(
            report.Silo,
            process.Machine,
            process.ProcessId,
            process.Runtime,
            Math.Round(process.Uptime.TotalSeconds),
            lease,
            process.LeaseLength.TotalSeconds,
            new(Math.Round((process.Clock - clock - (elapsed / 2)).TotalSeconds, 3), Math.Round(elapsed.TotalSeconds / 2, 3)),
            new(process.Processors, process.Threads, process.QueuedWork, Milliseconds(process.QueueDelay)),
            new(process.MemoryInUse, process.MemoryAvailable, Math.Round(process.PausedPercent, 2)),
            process.Certificate is { } certificate ? new(certificate.Subject, certificate.From, certificate.To) : null);
    }

    private static double Milliseconds(TimeSpan span) => Math.Round(span.TotalMilliseconds, 3);
}
