using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace OrleansTagCache.Http.Authentication;

/// <summary>Whether the API keys in use are those of the configuration and of the file as they are now.</summary>
/// <param name="keys">The keys; null in a process without the HTTP API.</param>
internal sealed class ApiKeysCheck(ApiKeyRing? keys) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(keys?.Fault is { } fault
        ? new HealthCheckResult(context.Registration.FailureStatus, $"The changed API keys cannot be used; the last ones stay in use. {fault}")
        : HealthCheckResult.Healthy("The API keys are those of the configuration."));
}
