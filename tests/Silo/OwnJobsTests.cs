using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansTagCache.Silo;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>Two clusters of one service in one Redis, as a blue and a green one: neither runs the other's refreshes.</summary>
public sealed class OwnJobsTests
{
    private static readonly GrainId Job = GrainId.Create("job", "tag");

    [RedisFact]
    public async Task Clusters_OfOneService_KeepTheirJobsApart()
    {
        await using var redis = await RedisServer.Start();
        await using var blue = await Start(redis, "blue");
        await using var green = await Start(redis, "green");

        await Reminders(blue).UpsertRow(new() { GrainId = Job, ReminderName = "refresh", StartAt = DateTime.UnixEpoch, Period = TimeSpan.FromDays(1) });
        var written = new GrainState<List<string>>(["pending"]);
        await Storage(blue).WriteStateAsync("plan", Job, written);

        Assert.Single((await Reminders(blue).ReadRows(0, 0)).Reminders);
        Assert.Empty((await Reminders(green).ReadRows(0, 0)).Reminders);
        Assert.Equal("pending", await StateIn(blue));
        Assert.Null(await StateIn(green));
        await blue.StopAsync();
        await green.StopAsync();
    }

    private static IReminderTable Reminders(WebApplication silo) => silo.Services.GetRequiredService<IReminderTable>();

    private static IGrainStorage Storage(WebApplication silo) => silo.Services.GetRequiredKeyedService<IGrainStorage>(TagCacheOptions.JobStorage);

    private static async Task<string?> StateIn(WebApplication silo)
    {
        var state = new GrainState<List<string>>();
        await Storage(silo).ReadStateAsync("plan", Job, state);
        return state.RecordExists ? state.State!.Single() : null;
    }

    private static async Task<WebApplication> Start(RedisServer redis, string cluster)
    {
        var ports = FreePorts.Take(2);
        var app = await SiloProgram.Build(
        [
            "--urls=http://127.0.0.1:0",
            $"--TagCache:SiloPort={ports[0]}",
            $"--TagCache:GatewayPort={ports[1]}",
            "--TagCache:Clustering:Provider=Redis",
            $"--TagCache:Clustering:ConnectionString={redis.Address}",
            $"--TagCache:ClusterId={cluster}",
        ]);
        await app.StartAsync();
        return app;
    }
}
