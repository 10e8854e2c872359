namespace OrleansTagCache.Entries;

/// <summary>Starts and stops the sweeper with the silo.</summary>
internal sealed class EntrySweeperLifetime(EntrySweeper sweeper) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(EntrySweeper),
        ServiceLifecycleStage.ApplicationServices,
        _ =>
        {
            sweeper.Start();
            return Task.CompletedTask;
        },
        _ => sweeper.Stop());
}
