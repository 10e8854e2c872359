using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Roles;

/// <summary>The process that has the source, answers HTTP requests for it, and changes it: updaters that write rows and then update their tags, in a server action, as an application does.</summary>
internal sealed class WriterRole(RoleContext role, IHost host)
{
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
        updaters.Add(Task.Run(() => CoordinatorWatch.Run(role, host.Services.GetRequiredService<IGrainFactory>(), Layout.TagName(Layout.CommonTag))));
        role.Ready();
        await Task.WhenAll(updaters);
    }
}
