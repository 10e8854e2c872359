using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OutputCaching;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Hooks;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the HTTP API of the cache.</summary>
public static class TagCacheEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the HTTP API (<c>/v1</c>), its OpenAPI document (<c>/openapi/v1.json</c>) and its health checks (<c>/health/live</c>, <c>/health/ready</c>) in a process that runs a silo. A
    /// route of the application's own at one of the latter three paths goes first.
    /// </summary>
    /// <param name="endpoints">The application, or a group of routes.</param>
    /// <returns>A builder for conventions of all these endpoints, such as <c>RequireHost</c>.</returns>
    /// <exception cref="InvalidOperationException"><c>AddTagCacheHttp()</c> was not called, or the process runs no silo with <c>AddTagCache()</c>.</exception>
    public static IEndpointConventionBuilder MapTagCache(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        MustHaveServices(endpoints.ServiceProvider);
        var services = endpoints.ServiceProvider;
        var all = endpoints.MapGroup(string.Empty);
        all.WithMetadata(new OutputCacheAttribute { NoStore = true }, new DisableRequestSizeLimitAttribute());
        ((IEndpointConventionBuilder)all).Finally(endpoint =>
        {
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = http => RequestCheck.Invoke(http, next);
        });

        // Behind routes of the application's own: without an order of its own each would be as good a match as theirs, and neither would be taken.
        var cluster = services.GetRequiredService<ClusterEndpoints>();
        all.MapRead(OpenApiText.Path, services.GetRequiredService<OpenApiText>().Get).WithOrder(1).ExcludeFromDescription();
        all.MapRead("/health/live", () => Results.Text("live")).WithOrder(1).ExcludeFromDescription();
        all.MapRead("/health/ready", cluster.Ready).WithOrder(1).ExcludeFromDescription();

        var v1 = all.MapGroup("/v1").WithGroupName(OpenApiText.Document).AddEndpointFilter<ProblemFilter>();
        v1.AddEndpointFilter((context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-store";
            return next(context);
        });
        services.GetRequiredService<EntryEndpoints>().Map(v1, services.GetRequiredService<EntryPut>());
        services.GetRequiredService<TagEndpoints>().Map(v1);
        services.GetRequiredService<HookEndpoints>().Map(v1);
        cluster.Map(v1);
        return all;
    }

    private static void MustHaveServices(IServiceProvider services)
    {
        var registered = services.GetRequiredService<IServiceProviderIsService>();
        if (!registered.IsService(typeof(EntryEndpoints)))
        {
            throw new InvalidOperationException("MapTagCache() needs services: call builder.Services.AddTagCacheHttp().");
        }

        if (!registered.IsService(typeof(OrleansTagCache.Membership.ServingLease)))
        {
            throw new InvalidOperationException("MapTagCache() needs a silo in this process: call builder.UseOrleans(silo => silo.AddTagCache()).");
        }
    }
}
