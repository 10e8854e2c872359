using Microsoft.Extensions.Hosting;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// Reads the keys when the application starts, not at its first call: an application that has started with keys needs one for every call, also when its file loses them before the first.
/// </summary>
internal sealed class ApiKeyRingStart(IServiceProvider services) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // After the options have been validated: their faults are reported all at once.
        _ = services.GetRequiredService<ApiKeyRing>();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
