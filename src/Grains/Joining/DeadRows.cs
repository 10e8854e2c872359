using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Joining;

/// <summary>
/// Deletes the rows of silos that have long been dead. A row must stay until every silo that joins has been able to see it dead, and to wait its lease out (invariant M3). Orleans deletes by the dates in the rows and its own:
/// where a date was once ahead by more than it keeps them, it would delete each as soon as its silo has died. So this counts by its own clock, from when it saw the silo dead first.
/// </summary>
internal sealed partial class DeadRows(IMembershipTable table, TimeProvider time, ILogger<DeadRows> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>Far longer than any lease, and than a silo tries to write that it is there.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromHours(1);

    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);

    private readonly Dictionary<SiloAddress, Moment> _dead = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _looks = Task.CompletedTask;

    /// <summary>Orleans' own way of it is switched off.</summary>
    public static void Replace(ClusterMembershipOptions membership) => (membership.DefunctSiloCleanupPeriod, membership.MaxDefunctSiloEntries) = (null, null);

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(DeadRows), ServiceLifecycleStage.Active, Start, _ => Stop());

    /// <summary>One look; not at the same time as another one.</summary>
    public async Task Look()
    {
        var now = time.Now();
        var rows = (await table.ReadAllAsync(_stop.Token)).Members.Select(row => row.Item1).ToList();
        var dead = rows.FindAll(row => row.Status == SiloStatus.Dead);
        foreach (var gone in _dead.Keys.Except(dead.Select(row => row.SiloAddress)).ToList())
        {
            _dead.Remove(gone);
        }

        dead.ForEach(row => _dead.TryAdd(row.SiloAddress, now));
        var stay = rows.FindAll(row => !_dead.TryGetValue(row.SiloAddress, out var since) || now - since < Retention);
        if (stay.Count == 0)
        {
            return;
        }

        // A table deletes the dead by their dates. None that stays is older, also if its silo dies now.
        var before = stay.Min(row => row.IAmAliveTime);
        if (dead.Exists(row => row.IAmAliveTime < before && row.StartTime < before))
        {
            await table.CleanupDefunctSiloEntriesAsync(new(DateTime.SpecifyKind(before, DateTimeKind.Utc)), _stop.Token);
        }
    }

    public void Dispose() => _stop.End();

    private Task Start(CancellationToken cancellationToken)
    {
        _looks = Task.Run(() => BackgroundLoop.Loop(Round, LogFailed, time, _stop.Token), CancellationToken.None);
        return Task.CompletedTask;

        async Task<bool> Round()
        {
            await Task.Delay(Period, time, _stop.Token);
            try
            {
                await Look();
                return true;
            }
            catch (Exception exception) when (exception is NotImplementedException or NotSupportedException)
            {
                LogNotSupported();
                return false;
            }
        }
    }

    private async Task Stop()
    {
        await _stop.CancelAsync();
        await _looks;
    }

    [LoggerMessage(3510, LogLevel.Information, "The membership table does not delete rows of silos that are dead; they stay")]
    private partial void LogNotSupported();

    [LoggerMessage(3511, LogLevel.Warning, "Rows of silos that have long been dead could not be deleted; the next look tries again")]
    private partial void LogFailed(Exception exception);
}
