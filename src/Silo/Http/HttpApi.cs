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
        services.AddSingleton<RefusedTokens>();
        services.AddSingleton<EntryEndpoints>();
        services.AddSingleton<EntryPut>();
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
        app.MapRead(OpenApiText.Path, app.Services.GetRequiredService<OpenApiText>().Get).ExcludeFromDescription();
        var cluster = app.Services.GetRequiredService<ClusterEndpoints>();
        app.MapRead("/health/live", () => Results.Text("live")).ExcludeFromDescription();
        app.MapRead("/health/ready", cluster.Ready).ExcludeFromDescription();

        var v1 = app.MapGroup("/v1").AddEndpointFilter<ProblemFilter>();
        v1.AddEndpointFilter((context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-store";
            return next(context);
        });
        MapEntries(v1, app.Services.GetRequiredService<EntryEndpoints>(), app.Services.GetRequiredService<EntryPut>());
        MapTags(v1, app.Services.GetRequiredService<TagEndpoints>());
        v1.MapPost("/hooks/{name}", app.Services.GetRequiredService<HookEndpoints>().Post).WithSummary("A signed call that updates or revalidates tags")
            .AddOpenApiOperationTransformer((operation, _, _) =>
            {
                operation.Security = [];
                return Task.CompletedTask;
            })
            .Accepts<object>("*/*").Produces<ChangeAnswer>().ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status409Conflict);
        v1.MapRead("/cluster", cluster.Describe).Needs(Scopes.Admin).WithSummary("Members, leases, entries and hit ratio").Produces<ClusterInfo>();
    }

    /// <summary>Maps GET, and HEAD wherever that is.</summary>
    private static RouteHandlerBuilder MapRead(this IEndpointRouteBuilder routes, string pattern, Delegate handler) =>
        routes.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], handler);

    private static void MapEntries(RouteGroupBuilder v1, EntryEndpoints entries, EntryPut put)
    {
        var entry = v1.MapGroup("/entry");
        entry.MapRead(string.Empty, entries.Get).Needs(Scopes.Read).WithSummary("Read an entry, or get the token to make it")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream").ProducesProblem(StatusCodes.Status404NotFound);
        entry.MapPut(string.Empty, put.Put).Needs(Scopes.Write).WithSummary("Store an entry, with a token or as a plain set")
            .AddOpenApiOperationTransformer((operation, _, _) =>
            {
                operation.RequestBody = new OpenApiRequestBody
                {
                    Description = "The value. Its Content-Type is given back with it. What else a call says of its value is refused: a Content-Encoding with 415, and other fields that begin with Content-, those of responses (such as ETag, Expires, Vary) and conditions with 400.",
                    Required = true,
                    Content = new Dictionary<string, OpenApiMediaType> { ["*/*"] = new() },
                };
                return Task.CompletedTask;
            })
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge).ProducesProblem(StatusCodes.Status415UnsupportedMediaType);
        entry.MapDelete(string.Empty, entries.Delete).Needs(Scopes.Write).WithSummary("Remove an entry").Produces(StatusCodes.Status204NoContent);
        entry.MapPost("/abandon", entries.Abandon).Needs(Scopes.Write).WithSummary("Give a token back: the next waiter gets one")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status409Conflict);
        entry.MapRead("/info", entries.Info).Needs(Scopes.Read).WithSummary("Tags, life, age, state, size and host of an entry")
            .Produces<EntryInfo>().ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static void MapTags(RouteGroupBuilder v1, TagEndpoints tags)
    {
        v1.MapPost("/tags/update", (Delegate)tags.Update).Needs(Scopes.Invalidate).WithSummary("Expire every dependent now, in every process")
            .Accepts<UpdateBody>("application/json", "*/*").Produces<ChangeAnswer>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        v1.MapPost("/tags/revalidate", (Delegate)tags.Revalidate).Needs(Scopes.Invalidate).WithSummary("Mark every dependent stale")
            .Accepts<RevalidateBody>("application/json", "*/*").Produces<ChangeAnswer>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        v1.MapRead("/tag", tags.Describe).Needs(Scopes.Read).WithSummary("Dependents of a tag, and its last changes").Produces<TagInfo>();
        v1.MapRead("/tag/entries", tags.Entries).Needs(Scopes.Read).WithSummary("A page of a tag's dependents").Produces<TagEntriesPage>();
    }
}
