using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Silo;
using OrleansTagCache.Silo.Running;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>The program ends when it is told to: while it starts, while its Redis is away, and at once when it is told again.</summary>
public sealed class EndTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [RedisFact]
    public async Task Silo_ThatIsStoppedWhileItStarts_EndsInOrder()
    {
        await using var redis = await RedisServer.Start();
        var log = new CapturedLog();
        var held = new HeldStart();
        var app = await SiloProgram.Build(SettingsOf(redis), services =>
        {
            services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(held);
            services.AddLogging(logging => logging.AddProvider(log));
        });
        using var signals = new Signals();
        var table = app.Services.GetRequiredService<IMembershipTable>();
        var running = SiloRun.Run(app, signals);
        await held.Reached.Soon();
        app.Lifetime.StopApplication();

        Assert.Equal(ExitCode.Ended, await running.Soon());

        // The others do not wait for its row, and nothing of it goes on.
        var row = Assert.Single((await table.ReadAllAsync(CancellationToken.None)).Members).Item1;
        Assert.Equal(SiloStatus.Dead, row.Status);
        Assert.DoesNotContain(log.Errors, line => line.Contains("OrleansTagCache", StringComparison.Ordinal) && !line.Contains(nameof(HeldStart), StringComparison.Ordinal));
    }

    [RedisFact]
    public async Task Silo_WhoseRedisIsAway_EndsSoon()
    {
        await using var redis = await RedisServer.Start();
        await using var silo = await Start(redis, "asyncTimeout=500");
        await redis.Process.Send("STOP");

        // Not the two minutes that Orleans would try for, nor as long as a hand-over may take.
        Assert.Equal(ExitCode.Ended, await silo.Stop(TimeSpan.FromSeconds(20)));
    }

    [RedisFact]
    public async Task Silo_ThatIsToldTwice_EndsAtOnce()
    {
        await using var redis = await RedisServer.Start();
        await using var silo = await Start(redis, "asyncTimeout=60000");
        await redis.Process.Send("STOP");
        await silo.Send("TERM");
        await silo.Says("Stopped serving and said Goodbye");

        Assert.Equal(143, await silo.Stop(Patience));
    }

    private static Task<ChildProcess> Start(RedisServer redis, string options) => ChildProcess.Start(
        "dotnet", [typeof(SiloProgram).Assembly.Location, .. SettingsOf(redis, options)], "OrleansTagCache is ready.");

    private static string[] SettingsOf(RedisServer redis, string? options = null)
    {
        var ports = FreePorts.Take(2);
        return
        [
            "--urls=http://127.0.0.1:0",
            $"--TagCache:SiloPort={ports[0]}",
            $"--TagCache:GatewayPort={ports[1]}",
            "--TagCache:Clustering:Provider=Redis",
            $"--TagCache:Clustering:ConnectionString={redis.Address},{options}",
        ];
    }

    /// <summary>Holds the start up, after the silo's row was written.</summary>
    private sealed class HeldStart : ILifecycleParticipant<ISiloLifecycle>
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task;

        public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
            nameof(HeldStart),
            ServiceLifecycleStage.ApplicationServices + 1,
            async stop =>
            {
                _reached.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
            },
            _ => Task.CompletedTask);
    }
}
