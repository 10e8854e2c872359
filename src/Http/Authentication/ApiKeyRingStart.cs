using Microsoft.Extensions.Hosting;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// Reads the keys when the application starts, not at its first call: an application that has started with keys needs one for every call, also when its file loses them before the first.
/// </summary>
internal sealed partial class ApiKeyRingStart(IServiceProvider services, ILogger<ApiKeyRing> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // After the options have been validated: their faults are reported all at once.
        if (!services.GetRequiredService<ApiKeyRing>().IsRequired && !services.GetRequiredService<LocalCallers>().AreAllowed)
        {
            LogClosed(LocalCallers.Remedy);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(7003, LogLevel.Warning, "The HTTP API refuses every call that needs an API key: there are no API keys, and calls without one are not allowed. {Remedy}")]
    private partial void LogClosed(string remedy);
}
