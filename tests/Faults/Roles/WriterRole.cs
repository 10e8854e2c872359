using OrleansTagCache.Faults.Workload;
using OrleansTagCache.Names;

namespace OrleansTagCache.Faults.Roles;

/// <summary>The process that has the source, answers HTTP requests for it, and changes it: updaters that write rows and then update their tags, in a server action, as an application does.</summary>
internal sealed class WriterRole(RoleContext role, IHost host)
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(250);

    public static async Task Run(string[] args)
    {
        using var role = new RoleContext(RoleOptions.Read(args));
        await using var origin = Origin.Build(role);
        await origin.StartAsync();
        using var host = CacheClient.Build(role);
        await host.StartAsync();
        await new WriterRole(role, host).Work();
        await host.StopAsync();
        await origin.StopAsync();
    }

    private async Task Work()
    {
        var cache = host.Services.GetRequiredService<ITagCache>();
        using var nodes = PageReader.NewClient();
        var updaters = Enumerable.Range(0, Layout.Updaters)
            .Select(i => new Updater(role, cache, nodes, i, new Random((role.Options.Seed * 31) + i))).Select(updater => Task.Run(updater.Run)).ToList();
        updaters.Add(Task.Run(WatchCoordinator));
        role.Ready();
        await Task.WhenAll(updaters);
    }

    /// <summary>Publishes which silo coordinates updates of the common tag, so that it can be killed in the midst of one.</summary>
    private async Task WatchCoordinator()
    {
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        var tag = TagId.OfTag(CacheNamespace.Default, TagName.Parse(Layout.TagName(Layout.CommonTag)).Value);
        using var timer = new PeriodicTimer(LookPeriod, role.Time);
        while (!role.State.IsOver)
        {
            try
            {
                // A client that is not connected yet knows no grains.
                var grain = grains.GetGrain<Contracts.ITagGrain>(tag.Scoped);
                var silo = await grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain).AsTask().WaitAsync(LookPeriod * 4, role.Time);
                role.State.CoordinatorPort = silo?.Endpoint.Port ?? 0;
            }
            catch (Exception)
            {
                role.State.CoordinatorPort = 0;
            }

            await timer.WaitForNextTickAsync();
        }
    }
}
