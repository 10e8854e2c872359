using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Roles;

/// <summary>The application of a client process: pages over output caching, and a client of the origin that caches.</summary>
internal sealed class Application(RoleContext role, Values values)
{
    /// <summary>The name of the client of the origin.</summary>
    public const string OriginClient = "origin";

    /// <summary>One page in so many is not for storing.</summary>
    private const int UnstoredEvery = 50;

    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private int _requests;

    public static WebApplication Build(RoleContext role)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls(role.Own.Address.ToString());
        CacheClient.AddTo(builder, role);
        builder.Services.AddTagCacheOutputCache();
        builder.Services.AddHttpClient(OriginClient, client => client.BaseAddress = new($"http://127.0.0.1:{role.Options.Origin}")).AddTagCache();
        builder.Services.AddSingleton(role).AddSingleton<Values>().AddSingleton<Application>();
        var app = builder.Build();
        app.UseOutputCache();
        app.Services.GetRequiredService<Application>().Map(app);
        return app;
    }

    private void Map(WebApplication app)
    {
        app.MapGet(PageReader.PathOf(Surface.Pages) + "{key:int}", Page).CacheOutput(policy => policy.Expire(Life));
        app.MapGet(PageReader.PathOf(Surface.PagesOfEntries) + "{key:int}", PageOfEntries).CacheOutput(policy => policy.Expire(Life));
        app.MapPost("/evict/{tag}", (string tag, IOutputCacheStore store, CancellationToken cancellationToken) => store.EvictByTagAsync(tag, cancellationToken).AsTask());
    }

    /// <summary>A page that is made from the source itself, and knows all its tags.</summary>
    private async Task<string> Page(int key, HttpContext request)
    {
        var random = Begin(request, Layout.TagNamesOf(key));
        return await Maker.Of(role, key, random).Read(request.RequestAborted);
    }

    /// <summary>A page that is made from what is cached: it says the tags that it knows beforehand, and those that the row brings come by nesting.</summary>
    private async Task<string> PageOfEntries(int key, HttpContext request)
    {
        var random = Begin(request, Layout.EarlyTagNamesOf(key));
        return role.Load.IsStorm
            ? await values.Entry(key, random, request.RequestAborted)
            : (key % 3) switch
            {
                0 => await values.Entry(key, random, request.RequestAborted),
                1 => await values.Nested(key, random, request.RequestAborted),
                _ => await values.Fetch(key, request.RequestAborted),
            };
    }

    private Random Begin(HttpContext request, string[] tags)
    {
        request.Features.GetRequiredFeature<IOutputCacheFeature>().Context.Tags.UnionWith(tags);
        var random = new Random((role.Options.Seed * 31) + Interlocked.Increment(ref _requests));
        if (random.Next(UnstoredEvery) == 0)
        {
            request.Response.Cookies.Append("visit", "1");
        }

        return random;
    }
}
