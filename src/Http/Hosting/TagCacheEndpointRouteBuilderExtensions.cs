using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OutputCaching;
using OrleansTagCache.Http;
using OrleansTagCache.Http.Boards;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Hooks;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Http.Sessions;
using OrleansTagCache.Http.Streams;
using OrleansTagCache.Http.Ui;
using OrleansTagCache.Membership;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the HTTP API of the cache.</summary>
public static class TagCacheEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the HTTP API (<c>/v1</c>) and its OpenAPI document (<c>/openapi/v1.json</c>, unless the application has a route of its own to that path) in a process that runs a silo. Callers
    /// are authorized by <see cref="TagCacheAuthorization"/>: the application must use authorization, after routing, as <see cref="WebApplication"/> does by itself.
    /// </summary>
    /// <param name="endpoints">The application, or a group of routes.</param>
    /// <returns>A builder for conventions of all these endpoints, such as <c>RequireHost</c>.</returns>
    /// <exception cref="InvalidOperationException"><c>AddTagCacheHttp()</c> was not called, or the process runs no silo with <c>AddTagCache()</c>.</exception>
    public static IEndpointConventionBuilder MapTagCache(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        MustHaveServices(endpoints.ServiceProvider, nameof(MapTagCache));
        var services = endpoints.ServiceProvider;
        var all = CheckedGroup(endpoints);

        // Behind a route of the application's own.
        all.MapRead(OpenApiText.Path, services.GetRequiredService<OpenApiText>().Get).WithOrder(1).AllowAnonymous().ExcludeFromDescription();

        var v1 = all.MapGroup("/v1").WithGroupName(OpenApiText.Document).AddEndpointFilter<ProblemFilter>();
        v1.AddEndpointFilter((context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-store";
            return next(context);
        });
        services.GetRequiredService<EntryEndpoints>().Map(v1, services.GetRequiredService<EntryPut>());
        services.GetRequiredService<ManyEntriesEndpoint>().Map(v1);
        services.GetRequiredService<TagEndpoints>().Map(v1);
        services.GetRequiredService<HoldEndpoints>().Map(v1);
        services.GetRequiredService<HookEndpoints>().Map(v1);
        services.GetRequiredService<ClusterEndpoints>().Map(v1);
        services.GetRequiredService<TagListEndpoint>().Map(v1);
        services.GetRequiredService<DiagnosticsEndpoint>().Map(v1);
        services.GetRequiredService<BoardEndpoints>().Map(v1);
        services.GetRequiredService<EventsEndpoint>().Map(v1);
        services.GetRequiredService<SessionEndpoint>().Map(v1);
        services.GetRequiredService<WarmUpsEndpoint>().Map(v1);
        return all;
    }

    /// <summary>
    /// Maps the operators' page (<c>/ui</c>), which shows the cluster to holders of an API key with the scope <c>admin</c>, and lets them update tags and remove entries as far as their scopes go. It calls the API, which must be
    /// mapped by <see cref="MapTagCache"/> in the same group of routes. Maps nothing if <see cref="UiOptions.Enabled"/> is false.
    /// </summary>
    /// <param name="endpoints">The application, or a group of routes.</param>
    /// <returns>A builder for conventions of all these endpoints, such as <c>RequireHost</c>.</returns>
    /// <exception cref="InvalidOperationException"><c>AddTagCacheHttp()</c> was not called, or the process runs no silo with <c>AddTagCache()</c>.</exception>
    public static IEndpointConventionBuilder MapTagCacheUi(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        MustHaveServices(endpoints.ServiceProvider, nameof(MapTagCacheUi));
        var all = CheckedGroup(endpoints);
        var ui = endpoints.ServiceProvider.GetRequiredService<UiEndpoints>();
        if (ui.AreOn)
        {
            ui.Map(all);
        }

        return all;
    }

    private static RouteGroupBuilder CheckedGroup(IEndpointRouteBuilder endpoints)
    {
        var all = endpoints.MapGroup(string.Empty);
        all.WithMetadata(new OutputCacheAttribute { NoStore = true }, new DisableRequestSizeLimitAttribute());
        ((IEndpointConventionBuilder)all).Finally(endpoint =>
        {
            var next = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = http => RequestCheck.Invoke(http, next);
        });
        return all;
    }

    private static void MustHaveServices(IServiceProvider services, string method)
    {
        if (services.GetService<IServiceProviderIsService>() is not { } registered)
        {
            return;
        }

        if (!registered.IsService(typeof(EntryEndpoints)))
        {
            throw new InvalidOperationException($"{method}() needs services: call builder.Services.AddTagCacheHttp().");
        }

        if (!registered.IsService(typeof(ServingLease)))
        {
            throw new InvalidOperationException($"{method}() needs a silo in this process: call builder.UseOrleans(silo => silo.AddTagCache()).");
        }
    }
}
