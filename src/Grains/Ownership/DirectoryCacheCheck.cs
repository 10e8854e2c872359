using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.GrainDirectory;

namespace OrleansTagCache.Ownership;

/// <summary>Refuses to start a silo whose addresses of entries would be remembered and not computed: then an entry would stay on two silos after one has come.</summary>
internal sealed class DirectoryCacheCheck(IServiceProvider services) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(DirectoryCacheCheck),
        ServiceLifecycleStage.First,
        _ => services.GetRequiredService<IGrainDirectoryCache>() is OwnerDirectoryCache
            ? Task.CompletedTask
            : throw new InvalidOperationException("Register an IGrainDirectoryCache of your own before AddTagCache, which puts its own in front of it."));
}
