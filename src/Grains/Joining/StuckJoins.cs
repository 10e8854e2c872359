using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Joining;

/// <summary>
/// Has silos declared dead that began to join and never came up, though they may answer probes: those that join wait for them. Orleans compares the date in the joining silo's row with its own clock, and would declare dead
/// whoever joins with a clock that is some minutes behind; so this counts by its own clock, from when it saw the silo first.
/// </summary>
internal sealed partial class StuckJoins(IClusterMembershipService cluster, IOptions<ClusterMembershipOptions> membership, TimeProvider time, ILogger<StuckJoins> logger)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _longest = membership.Value.MaxJoinAttemptTime;
    private readonly Dictionary<SiloAddress, Moment> _joining = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _looks = Task.CompletedTask;

    /// <summary>Orleans' own way of it is switched off.</summary>
    public static void Replace(ClusterMembershipOptions membership) => membership.EvictWhenMaxJoinAttemptTimeExceeded = false;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(StuckJoins), ServiceLifecycleStage.Active, Start, _ => Stop());

    /// <summary>One look; not at the same time as another one.</summary>
    public async Task Look()
    {
        var now = time.Now();
        var joining = cluster.CurrentSnapshot.Members.Values.Where(member => member.Status is SiloStatus.Created or SiloStatus.Joining).Select(member => member.SiloAddress).ToHashSet();
        foreach (var gone in _joining.Keys.Where(silo => !joining.Contains(silo)).ToList())
        {
            _joining.Remove(gone);
        }

        foreach (var silo in joining)
        {
            _joining.TryAdd(silo, now);
            if (now - _joining[silo] >= _longest && await cluster.TryKill(silo))
            {
                LogStuck(silo, _longest);
            }
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
            await Look();
            return true;
        }
    }

    private async Task Stop()
    {
        await _stop.CancelAsync();
        await _looks;
    }

    [LoggerMessage(3508, LogLevel.Warning, "Silo {Silo} has been joining for {Time} and has not come up; it is declared dead")]
    private partial void LogStuck(SiloAddress silo, TimeSpan time);

    [LoggerMessage(3509, LogLevel.Warning, "Silos that do not come up could not be declared dead; the next look tries again")]
    private partial void LogFailed(Exception exception);
}
