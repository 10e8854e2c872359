using OrleansTagCache.Transport;

namespace OrleansTagCache.Hosting;

/// <summary>Ends the calls of this process's own cache with its silo: they would wait for answers that do not come.</summary>
internal sealed class ReachabilityLifetime(Reachability reachability) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Stopped after the silo has said Goodbye and its grains have gone.</summary>
    private const int Stage = ServiceLifecycleStage.RuntimeGrainServices;

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(ReachabilityLifetime), Stage, _ => Task.CompletedTask, _ =>
    {
        reachability.Close();
        return Task.CompletedTask;
    });
}
