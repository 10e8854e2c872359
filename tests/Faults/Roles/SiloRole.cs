using Orleans.Configuration;
using OrleansTagCache.Faults.Network;
using OrleansTagCache.Faults.Workload;
using OrleansTagCache.Membership;
using OrleansTagCache.Silo;

namespace OrleansTagCache.Faults.Roles;

/// <summary>The silo program as it is shipped, with connections that can be cut.</summary>
internal static class SiloRole
{
    public static async Task Run(string[] args)
    {
        var options = RoleOptions.Read(args);
        using var state = new SharedState(options.StatePath);
        await using var app = await SiloProgram.Build(args, services =>
        {
            var cuts = new CutConnections(state, options.Slot, TimeProvider.System);
            services.Configure<SiloConnectionOptions>(silo => silo.ConfigureSiloOutboundConnection(cuts.Use));
            if (options.WithoutLease)
            {
                services.AddSingleton(AlwaysValid);
            }
        });
        await app.RunAsync();
    }

    /// <summary>A lease that no membership table can end.</summary>
    private static ServingLease AlwaysValid(IServiceProvider services) => new(
        _ => Task.FromResult(true), () => { }, TimeSpan.FromDays(30), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<ServingLease>>());
}
