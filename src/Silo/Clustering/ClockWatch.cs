using OrleansTagCache.Tasks;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>
/// Names silos whose clocks are apart, by what they write into their rows of the membership table and when. The promise does not rest on it; logs that are compared, dates that API keys end at
/// and webhooks do.
/// </summary>
internal sealed partial class ClockWatch(IMembershipTable table, ILocalSiloDetails self, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ClockWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    /// <summary>Less is of no account.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(5);

    /// <summary>A row is written every five seconds; one that is older by so much was not written in time, or by a clock that is behind.</summary>
    private static readonly TimeSpan Oldest = TimeSpan.FromSeconds(20);

    private readonly Dictionary<SiloAddress, TimeSpan> _told = [];

    /// <summary>Tells of those that it has not told of yet, or otherwise.</summary>
    public void Look(IEnumerable<MembershipEntry> rows)
    {
        var now = time.GetUtcNow().UtcDateTime;
        foreach (var row in rows.Where(row => row.Status == SiloStatus.Active && !row.SiloAddress.Equals(self.SiloAddress)))
        {
            var ahead = row.IAmAliveTime - now;
            if (ahead < Least && ahead > -Oldest)
            {
                _told.Remove(row.SiloAddress);
            }
            else if (!_told.TryGetValue(row.SiloAddress, out var told) || (ahead - told).Duration() > told.Duration() / 2)
            {
                _told[row.SiloAddress] = ahead;
                LogApart(row.SiloAddress, Math.Round(ahead.Duration().TotalSeconds), ahead > TimeSpan.Zero ? "ahead of" : "behind");
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The table can be read when the silo has started.
        using var started = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStarted, stoppingToken);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, started.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await BackgroundLoop.Loop(
            async () =>
            {
                await Task.Delay(Period, time, stoppingToken);
                Look((await table.ReadAllAsync(stoppingToken)).Members.Select(row => row.Item1));
                return true;
            },
            LogFailed,
            time,
            stoppingToken);
    }

    [LoggerMessage(7150, LogLevel.Warning, "The clock of silo {Silo} is about {Seconds} s {Direction} this one's, or it does not write its row in time. Set both by one time server")]
    private partial void LogApart(SiloAddress silo, double seconds, string direction);

    [LoggerMessage(7151, LogLevel.Debug, "The membership table could not be read for the clocks")]
    private partial void LogFailed(Exception exception);
}
