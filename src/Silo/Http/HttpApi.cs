using Microsoft.OpenApi;
using OrleansTagCache.Hosting;
using OrleansTagCache.Silo.Access;
using OrleansTagCache.Silo.Hooks;

namespace OrleansTagCache.Silo.Http;

/// <summary>The HTTP API: its services and its routes.</summary>
internal static class HttpApi
{
    public static IServiceCollection AddTagCacheHttp(this IServiceCollection services)
    {
        services.AddProblemDetails(problems => problems.CustomizeProblemDetails = context =>
            context.ProblemDetails.Extensions.TryAdd("code", Problems.CodeOf(context.ProblemDetails.Status)));
        services.AddOpenApi(OpenApiText.Document, openApi => openApi.AddDocumentTransformer((document, _, _) =>
        {
            OpenApiText.Describe(document);
            return Task.CompletedTask;
        }));
        services.AddSingleton(provider => new CacheLifeProfiles(provider.GetRequiredService<TagCacheClientOptions>().Profiles));
        services.AddSingleton<OpenApiText>();
        services.AddSingleton<KeyRing>();
        services.AddSingleton<Failures>();
        services.AddSingleton<AccessCheck>();
        services.AddSingleton<EntryTokens>();
        services.AddSingleton<EntryEndpoints>();
        services.AddSingleton<TagEndpoints>();
        services.AddSingleton<ClusterEndpoints>();
        services.AddSingleton<HookEndpoints>();
        return services;
    }

    public static void MapTagCacheHttp(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();

        // As delegates: UseMiddleware would make a scope of services for every request.
        var access = app.Services.GetRequiredService<AccessCheck>();
        app.Use(next => http => RequestCheck.Invoke(http, next));
        app.UseRouting();
        app.Use(next => http => access.Invoke(http, next));
        app.MapGet(OpenApiText.Path, app.Services.GetRequiredService<OpenApiText>().Get).ExcludeFromDescription();
        var cluster = app.Services.GetRequiredService<ClusterEndpoints>();
        app.MapGet("/health/live", () => Results.Text("live")).ExcludeFromDescription();
        app.MapGet("/health/ready", cluster.Ready).ExcludeFromDescription();

        var v1 = app.MapGroup("/v1").AddEndpointFilter<ProblemFilter>();
        v1.AddEndpointFilter((context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-store";
            return next(context);
        });
        MapEntries(v1, app.Services.GetRequiredService<EntryEndpoints>());
        MapTags(v1, app.Services.GetRequiredService<TagEndpoints>());
        v1.MapPost("/hooks/{name}", app.Services.GetRequiredService<HookEndpoints>().Post).WithSummary("A signed call that updates or revalidates tags")
            .AddOpenApiOperationTransformer((operation, _, _) =>
            {
                operation.Security = [];
                return Task.CompletedTask;
            })
            .Accepts<object>("*/*").Produces<ChangeAnswer>().ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status409Conflict);
        v1.MapGet("/cluster", cluster.Describe).Needs(Scopes.Admin).WithSummary("Members, leases, entries and hit ratio").Produces<ClusterInfo>();
    }

    private static void MapEntries(RouteGroupBuilder v1, EntryEndpoints entries)
    {
        var entry = v1.MapGroup("/entry");
        entry.MapGet(string.Empty, entries.Get).Needs(Scopes.Read).WithSummary("Read an entry, or get the token to make it")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").ProducesProblem(StatusCodes.Status404NotFound);
        entry.MapPut(string.Empty, entries.Put).Needs(Scopes.Write).WithSummary("Store an entry, with a token or as a plain set")
            .AddOpenApiOperationTransformer((operation, _, _) =>
            {
                operation.RequestBody = new OpenApiRequestBody
                {
                    Description = "The value. Its Content-Type is given back with it.",
                    Required = true,
                    Content = new Dictionary<string, OpenApiMediaType> { ["*/*"] = new() },
                };
                return Task.CompletedTask;
            })
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status413PayloadTooLarge);
        entry.MapDelete(string.Empty, entries.Delete).Needs(Scopes.Write).WithSummary("Remove an entry").Produces(StatusCodes.Status204NoContent);
        entry.MapPost("/abandon", entries.Abandon).Needs(Scopes.Write).WithSummary("Give a token back: the next waiter gets one")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status409Conflict);
        entry.MapGet("/info", entries.Info).Needs(Scopes.Read).WithSummary("Tags, life, age, state, size and host of an entry")
            .Produces<EntryInfo>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static void MapTags(RouteGroupBuilder v1, TagEndpoints tags)
    {
        v1.MapPost("/tags/update", (Delegate)tags.Update).Needs(Scopes.Invalidate).WithSummary("Expire every dependent now, in every process")
            .Accepts<UpdateBody>("application/json", "*/*").Produces<ChangeAnswer>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        v1.MapPost("/tags/revalidate", (Delegate)tags.Revalidate).Needs(Scopes.Invalidate).WithSummary("Mark every dependent stale")
            .Accepts<RevalidateBody>("application/json", "*/*").Produces<ChangeAnswer>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        v1.MapGet("/tag", tags.Describe).Needs(Scopes.Read).WithSummary("Dependents of a tag, and its last changes").Produces<TagInfo>();
        v1.MapGet("/tag/entries", tags.Entries).Needs(Scopes.Read).WithSummary("A page of a tag's dependents").Produces<TagEntriesPage>();
    }
}
