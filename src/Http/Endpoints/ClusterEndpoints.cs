using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Membership;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>What <c>/v1/cluster</c> answers.</summary>
internal sealed record ClusterInfo(
    string ClusterId, string Silo, ClusterTotals Totals, MemberInfo[] Members, string[] Unreachable);

/// <summary>The sums over all members that answered.</summary>
internal sealed record ClusterTotals(int Members, int Serving, long Entries, long Bytes, int Sessions, double? HitRatio);

/// <summary>One member.</summary>
internal sealed record MemberInfo(
    string Silo,
    bool Serving,
    double LeaseSeconds,
    long Entries,
    long Bytes,
    long MaximumBytes,
    int Sessions,
    int Interest,
    int Pushes,
    long BrokenSessions,
    int NearEntries,
    long Hits,
    long StaleHits,
    long Misses,
    double? HitRatio,
    long Evictions,
    int TagRecords,
    int OpenUpdates,
    string[] DelayedBy,
    MovesInfo Moves,
    StandbyInfo Standby,
    HoldsInfo Holds,
    string? Version,
    ProtocolInfo Protocol);

/// <summary>The versions of the protocol that a member understands, and the one that it speaks with all the others.</summary>
internal sealed record ProtocolInfo(int Oldest, int Newest, int Spoken);

/// <summary>How many holds of tags are held at a member, which are those of the whole cluster, and for how long the oldest of them has been.</summary>
internal sealed record HoldsInfo(int Held, double? OldestSeconds);

/// <summary>What a member holds for others as their standby, what its own standbys have not been sent yet, and how many of them took nothing when they were asked last.</summary>
internal sealed record StandbyInfo(long Copies, long Bytes, long Waiting, int Behind);

/// <summary>How many silos own keys as a member sees it, whether it has sent them all that is theirs, what it sends them, and for how long it has waited for what is its own.</summary>
internal sealed record MovesInfo(int Owners, bool Settled, long ToSend, long Sent, long NotKept, double? FillingSeconds);

/// <summary><c>/v1/cluster</c>.</summary>
internal sealed class ClusterEndpoints(
    Members membership, IPeers peers, ILocalSiloDetails self, IOptions<ClusterOptions> cluster)
{
    public void Map(IEndpointRouteBuilder v1) =>
        v1.MapRead("/cluster", Describe).Needs(Scopes.Admin).WithSummary("Members, leases, entries and hit ratio").Produces<ClusterInfo>();

    public async Task<IResult> Describe()
    {
        var silos = membership.Others.Append(self.SiloAddress).ToArray();
        var reports = await Task.WhenAll(silos.Select(TryReport));
        var members = reports.OfType<SiloReport>().Select(ToMember).OrderBy(member => member.Silo, StringComparer.Ordinal).ToArray();
        var totals = new ClusterTotals(
            members.Length,
            members.Count(member => member.Serving),
            members.Sum(member => member.Entries),
            members.Sum(member => member.Bytes),
            members.Sum(member => member.Sessions),
            Ratio(members.Sum(member => member.Hits + member.StaleHits), members.Sum(member => member.Misses)));
        var unreachable = silos.Where((_, i) => reports[i] is null).Select(silo => silo.ToString()).ToArray();
        return JsonAnswer.Ok(new ClusterInfo(cluster.Value.ClusterId, self.SiloAddress.ToString(), totals, members, unreachable));
    }

    private async Task<SiloReport?> TryReport(SiloAddress silo)
    {
        try
        {
            return await peers.On(silo).Report();
        }
        catch (Exception)
        {
            // A view is better than none: the silo is named as unreachable.
            return null;
        }
    }

    private static MemberInfo ToMember(SiloReport report) => new(
        report.Silo,
        report.IsServing,
        Math.Round(report.Lease.TotalSeconds, 3),
        report.Entries,
        report.Bytes,
        report.MaximumBytes,
        report.Sessions,
        report.Interest,
        report.Pushes,
        report.BrokenSessions,
        report.NearEntries,
        report.Hits,
        report.StaleHits,
        report.Misses,
        Ratio(report.Hits + report.StaleHits, report.Misses),
        report.Evictions,
        report.TagRecords,
        report.OpenUpdates,
        report.DelayedBy,
        new(report.Owners, report.IsSettled, report.ToSend, report.Sent, report.NotKept, report.FillingFor is { } filling ? Math.Round(filling.TotalSeconds, 3) : null),
        new(report.StandbyCopies, report.StandbyBytes, report.StandbyWaiting, report.StandbysBehind),
        new(report.Holds, report.OldestHold is { } oldest ? Math.Round(oldest.TotalSeconds, 3) : null),
        report.Versions?.Product,
        report.Versions is { } versions ? new(versions.Oldest, versions.Newest, report.Spoken) : Untold);

    /// <summary>Of a member that does not tell.</summary>
    private static ProtocolInfo Untold { get; } = new(ProtocolVersions.Untold.Oldest, ProtocolVersions.Untold.Newest, ProtocolVersions.Untold.Newest);

    private static double? Ratio(long hits, long misses) => hits + misses == 0 ? null : Math.Round((double)hits / (hits + misses), 4);
}
