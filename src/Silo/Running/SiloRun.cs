using Microsoft.Extensions.Options;

namespace OrleansTagCache.Silo.Running;

/// <summary>The program's life, from its start to its end: it ends when it is told to, whatever it waits for.</summary>
internal static partial class SiloRun
{
    /// <summary>What a silo that has not come up takes out of the cluster, its row above all, is given this long.</summary>
    private static readonly TimeSpan AbandonPatience = TimeSpan.FromSeconds(10);

    /// <summary>Beyond the host's own bound: for what pays no heed to it.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    /// <returns>The exit code.</returns>
    public static async Task<int> Run(WebApplication app, Signals signals)
    {
        signals.StopBy(app.Lifetime.StopApplication);
        try
        {
            await app.StartAsync();
        }
        catch (Exception) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await Abandon(app.Services);
            return ExitCode.Ended;
        }
        catch (Exception)
        {
            await Abandon(app.Services);
            throw;
        }

        var bound = app.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout + Rest;
        var ended = StopAndDispose(app);
        await Task.WhenAny(ended, Stopping(app.Lifetime.ApplicationStopping));
        try
        {
            await ended.WaitAsync(bound, TimeProvider.System);
            return ExitCode.Ended;
        }
        catch (TimeoutException)
        {
            await Console.Error.WriteLineAsync($"The silo could not stop in order within {bound.TotalSeconds} s, and ends. The others will find it dead; updates wait until they have.");
            return ExitCode.NotInTime;
        }
    }

    private static async Task StopAndDispose(WebApplication app)
    {
        await app.WaitForShutdownAsync();
        await app.DisposeAsync();
    }

    /// <summary>Orleans does not stop a silo that has not started: its row would stay, and the others would wait for it. Nor does it let such a one be disposed of; the process ends with what is left.</summary>
    private static async Task Abandon(IServiceProvider services)
    {
        try
        {
            await services.GetRequiredService<ISiloLifecycleSubject>().OnStop(CancellationToken.None).WaitAsync(AbandonPatience, TimeProvider.System);
        }
        catch (Exception)
        {
            // Why it has not started is what counts.
        }

        // What is in its queue is written then.
        services.GetRequiredService<ILoggerFactory>().Dispose();
    }

    private static async Task Stopping(CancellationToken stopping) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
