using Microsoft.Extensions.Diagnostics.HealthChecks;
using OrleansTagCache.Membership;

namespace OrleansTagCache.Http.Endpoints;

/// <summary>Whether this silo may serve: it has joined, is not leaving, and reaches the membership table.</summary>
internal sealed class ServingLeaseCheck(ServingLease lease) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(lease.IsValid()
        ? HealthCheckResult.Healthy("This silo has a valid serving lease.")
        : new(context.Registration.FailureStatus, "This silo has no valid serving lease: it has not joined yet, is leaving, or cannot reach the membership table."));
}
