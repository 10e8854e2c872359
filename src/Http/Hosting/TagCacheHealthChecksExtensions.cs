using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Messages;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Health checks of a process that runs a silo.</summary>
public static class TagCacheHealthChecksExtensions
{
    private const string Live = "tagcache_live";
    private const string Ready = "tagcache_ready";
    private const string Keys = "tagcache_keys";

    /// <summary>
    /// Adds three checks: <c>tagcache_live</c>, with the tag <c>live</c>, which a process passes as long as it answers, <c>tagcache_ready</c>, with the tag <c>ready</c>, which it passes
    /// while its silo has a valid serving lease, and <c>tagcache_keys</c>, which is degraded while changed API keys cannot be read or used and the last ones stay in use. Calling it again adds nothing.
    /// </summary>
    /// <param name="builder">The health checks of the application.</param>
    /// <returns>The same health checks.</returns>
    public static IHealthChecksBuilder AddTagCache(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!builder.Services.Any(service => service.ServiceType == typeof(ServingLeaseCheck)))
        {
            builder.Services.AddSingleton<ServingLeaseCheck>();

            // A silo that can never serve again ends by itself.
            builder.AddCheck(Live, () => HealthCheckResult.Healthy("The process answers."), ["live"]);
            builder.AddCheck<ServingLeaseCheck>(Ready, tags: ["ready"]);
            builder.Add(new(Keys, provider => new ApiKeysCheck(provider.GetService<ApiKeyRing>()), HealthStatus.Degraded, tags: null));
        }

        return builder;
    }

    /// <summary>
    /// Maps the first two checks to <c>/health/live</c> and <c>/health/ready</c>, open to every caller: 200 with the text <c>live</c> or <c>ready</c>, else 503 with problem details. The application's
    /// other checks are not among them.
    /// </summary>
    /// <param name="endpoints">The application, or a group of routes.</param>
    /// <returns>A builder for conventions of both endpoints, such as <c>RequireHost</c>.</returns>
    /// <exception cref="InvalidOperationException"><c>AddHealthChecks().AddTagCache()</c> was not called.</exception>
    public static IEndpointConventionBuilder MapTagCacheHealthChecks(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var checks = endpoints.ServiceProvider.GetService<IOptions<HealthCheckServiceOptions>>()?.Value.Registrations ?? [];
        if (!checks.Any(check => check.Name == Ready))
        {
            throw new InvalidOperationException("MapTagCacheHealthChecks() needs the checks: call builder.Services.AddHealthChecks().AddTagCache().");
        }

        var health = endpoints.MapGroup("/health");
        health.MapHealthChecks("/live", Answering(Live, "live"));
        health.MapHealthChecks("/ready", Answering(Ready, "ready"));
        return health.AllowAnonymous().WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]), new OutputCacheAttribute { NoStore = true });
    }

    private static HealthCheckOptions Answering(string check, string text) => new()
    {
        Predicate = registration => registration.Name == check,
        ResponseWriter = (http, report) =>
            (report.Status == HealthStatus.Healthy ? Results.Text(text) : Problems.Unavailable(report.Entries[check].Description ?? "The check failed.")).ExecuteAsync(http),
    };
}
