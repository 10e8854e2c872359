using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Paths;
using Xunit;

namespace OrleansTagCache.Tests.AspNetCore;

/// <summary>Every form in which the address of a page is given finds the page, or is refused.</summary>
[Collection(AdapterCollection.Name)]
public sealed class RevalidatePathTests(AdapterCluster cluster) : IAsyncLifetime
{
    private readonly string _host = $"{Guid.NewGuid():N}.test";
    private readonly ConcurrentDictionary<string, int> _made = [];
    private AppNode? _node;

    public async Task InitializeAsync() => _node = await AppNode.Start(
        cluster.Nodes[0],
        services =>
        {
            services.AddTagCacheOutputCache();
            services.AddSingleton(_made);
            services.AddControllers().AddApplicationPart(typeof(PathsHomeController).Assembly);
        },
        app =>
        {
            app.UsePathBase("/app");
            app.Use((http, next) =>
            {
                // As a program behind a front that gives pages other addresses.
                if (http.Request.Path.StartsWithSegments("/outside", out var inside))
                {
                    http.Request.Path = new PathString("/wiki").Add(inside);
                }

                return next(http);
            });
            app.UseRouting();
            app.UseOutputCache();
            app.MapGet("/wiki/{**page}", (HttpContext http) => Results.Text(Count(_made, http))).CacheOutput();
            app.MapGroup("/group").MapGet("/", (HttpContext http) => Results.Text(Count(_made, http))).CacheOutput();
            app.MapGet("/item/{id:int}/{part=all}", (HttpContext http) => Results.Text(Count(_made, http))).CacheOutput();
            app.MapControllerRoute("areas", "{area:exists}/{controller=PathsHome}/{action=Index}/{id?}").CacheOutput();
            app.MapControllerRoute("default", "{controller=PathsHome}/{action=Index}/{id?}").CacheOutput();
        },
        _host);

    public async Task DisposeAsync() => await _node!.DisposeAsync();

    [Theory]
    [InlineData("/wiki/a", "/wiki/a")]
    [InlineData("/wiki/a", "/Wiki/A/")]
    [InlineData("/wiki/a/", "/wiki/a")]
    [InlineData("/wiki/a", "/wiki//a")]
    [InlineData("/wiki//a", "/wiki/a")]
    [InlineData("/wiki/a", "//wiki/a")]
    [InlineData("/wiki/a", "//application.test/wiki/a")]
    [InlineData("/wiki/a", "/wiki/./b/../a")]
    [InlineData("/wiki/a", "/wiki/b/%2E%2e/a")]
    [InlineData("/wiki/a", "/wiki/%61")]
    [InlineData("/wiki/%61", "/wiki/a")]
    [InlineData("/wiki/a", "/wiki/a?page=1&q=/../x")]
    [InlineData("/wiki/a", "/wiki/a#top")]
    [InlineData("/wiki/a?page=1", "/wiki/a")]
    [InlineData("/wiki/a", "https://application.test:8443/wiki/a?x=1#y")]
    [InlineData("/wiki/a", "HTTP://user@application.test/wiki/a")]
    [InlineData("/wiki/a", "~/wiki/a")]
    [InlineData("/app/wiki/a", "~/wiki/a")]
    [InlineData("/app/wiki/a", "/app/wiki/a")]
    [InlineData("/app/wiki/a", "/APP/wiki/a")]
    [InlineData("/app/wiki/a", "/wiki/a")]
    [InlineData("/outside/a", "/outside/a")]
    [InlineData("/outside/a", "/wiki/a")]
    [InlineData("/wiki/caf%C3%A9", "/wiki/café")]
    [InlineData("/wiki/caf%C3%A9", "/wiki/CAF%c3%89")]
    [InlineData("/wiki/caf%C3%A9", "/wiki/caf%25C3%25A9")]
    [InlineData("/wiki/a%20b", "/wiki/a b")]
    [InlineData("/wiki/a%20b", "/wiki/a+b")]
    [InlineData("/wiki/a+b", "/wiki/a%2Bb")]
    [InlineData("/wiki/100%25", "/wiki/100%25")]
    [InlineData("/wiki/100%25", "/wiki/100%")]
    [InlineData("/wiki/%2541", "/wiki/%2541")]
    [InlineData("/wiki/%2541", "/wiki/%41")]
    [InlineData("/wiki/a%2Fb", "/wiki/a%2fb")]
    [InlineData("/wiki/a%2fb", "/wiki/a/b")]
    [InlineData("/wiki/what%3F", "/wiki/what%3f")]
    [InlineData("/wiki/what%3F", "/wiki/what?")]
    [InlineData("/wiki/c%23", "/wiki/c#")]
    [InlineData("/wiki/a;v=1", "/wiki/a;v=1")]
    [InlineData("/wiki/a%5Cb", "/wiki/a\\b")]
    [InlineData("/wiki/%7Bx%7D", "/wiki/%7bx%7d")]
    [InlineData("/wiki/%E9", "/wiki/%e9")]
    [InlineData("/wiki/%E2%84%AA", "/wiki/k")]
    [InlineData("/wiki", "/wiki/")]
    [InlineData("/group", "/group/")]
    [InlineData("/item/1", "/item/1/all")]
    [InlineData("/item/1/All", "/item/1")]
    [InlineData("/", "/")]
    [InlineData("/", "https://application.test")]
    [InlineData("/", "/PathsHome")]
    [InlineData("/", "/pathshome/index")]
    [InlineData("/PathsHome/Index", "/")]
    [InlineData("/app", "/PathsHome/Index")]
    [InlineData("/PathsHome/Index/5", "/pathshome/index/5")]
    [InlineData("/PathsAdmin/PathsUsers", "/pathsadmin/pathsusers/index")]
    public async Task RevalidatePath_GivenAnyFormOfAnAddress_FindsItsPage(string asked, string given)
    {
        Assert.Equal("1", await Get(asked));
        Assert.Equal("1", await Get(asked));
        await cluster.Client.RevalidatePathAsync(given);
        Assert.Equal("2", await Get(asked));
    }

    [Theory]
    [InlineData("/wiki/a", "/wiki/b")]
    [InlineData("/wiki/a", "/wiki")]
    [InlineData("/wiki/a", "/wiki/a/b")]
    [InlineData("/wiki/a", "/")]
    [InlineData("/wiki/a", "https://application.test/a")]
    [InlineData("/item/1/some", "/item/1")]
    [InlineData("/PathsHome/Index/5", "/")]
    public async Task RevalidatePath_OfAnother_LeavesThePage(string asked, string given)
    {
        Assert.Equal("1", await Get(asked));
        await cluster.Client.RevalidatePathAsync(given);
        Assert.Equal("1", await Get(asked));
    }

    [Theory]
    [InlineData("/item/1", "/item/{id}/{part}", PathKind.Page)]
    [InlineData("/item/1", "/Item/{ID:int}/{part=all}/", PathKind.Page)]
    [InlineData("/item/1", "~/item/{id?}/{part}", PathKind.Page)]
    [InlineData("/wiki/a/b", "/wiki/{*page}", PathKind.Page)]
    [InlineData("/wiki/a/b", "/%77iki", PathKind.Layout)]
    [InlineData("/group", "/group", PathKind.Page)]
    [InlineData("/PathsAdmin/PathsUsers", "/PathsAdmin", PathKind.Layout)]
    [InlineData("/PathsAdmin/PathsUsers", "/pathsadmin/pathsusers/index/{id?}", PathKind.Page)]
    [InlineData("/PathsAdmin/PathsUsers", "/{area}/{controller}/{action}/{id}", PathKind.Page)]
    [InlineData("/", "/{controller=PathsHome}/{action=Index}/{id?}", PathKind.Page)]
    [InlineData("/", "/pathshome/index", PathKind.Layout)]
    public async Task RevalidatePath_GivenAPattern_FindsItsPages(string asked, string pattern, PathKind kind)
    {
        Assert.Equal("1", await Get(asked));
        await cluster.Client.RevalidatePathAsync(pattern, kind);
        Assert.Equal("2", await Get(asked));
    }

    [Theory]
    [InlineData("")]
    [InlineData("wiki/a")]
    [InlineData("?page=1")]
    [InlineData("~")]
    [InlineData("ftp://application.test/wiki/a")]
    [InlineData("GET /wiki/a HTTP/1.1")]
    [InlineData("/wiki/{page}")]
    [InlineData("/wiki/a%2F..%2Fb")]
    [InlineData("wiki", PathKind.Page)]
    [InlineData("/{", PathKind.Page)]
    [InlineData("/blog/[slug]", PathKind.Page)]
    [InlineData("/api/[controller]", PathKind.Layout)]
    [InlineData("/wiki/../a", PathKind.Page)]
    [InlineData("/wiki?page=1", PathKind.Page)]
    [InlineData("https://application.test/wiki", PathKind.Layout)]
    public async Task RevalidatePath_GivenWhatItDoesNotTake_SaysSo(string given, PathKind? kind = null) =>
        await Assert.ThrowsAsync<ArgumentException>("path", async () => await (kind is { } known
            ? cluster.Client.RevalidatePathAsync(given, known)
            : cluster.Client.RevalidatePathAsync(given)));

    [Theory]
    [InlineData("/", "/Index", null, new[] { "/", "/Index" })]
    [InlineData("/Index", "/Index", null, new[] { "/Index", "" })]
    [InlineData("/blog/5", "/Blog/Index", null, new[] { "/blog/5", "/Blog/Index/5" })]
    [InlineData("/admin/blog/index/5", "/Blog/Index", "Admin", new[] { "/admin/blog/index/5", "/admin/blog/5" })]
    public void PageForms_OfAnIndexPage_AreWithAndWithoutItsName(string path, string page, string? area, string[] forms)
    {
        var found = PageForms.Of(RoutePatternFactory.Parse(path), new RouteValueDictionary { ["page"] = page, ["area"] = area }, path);
        Assert.Equal(forms.Select(AddressForm.Of).Order(), found.Append(path).Select(AddressForm.Of).Distinct().Order());
    }

    private Task<string> Get(string path) => _node!.Http.GetStringAsync(new Uri(path, UriKind.Relative));

    private static string Count(ConcurrentDictionary<string, int> made, HttpContext http) =>
        $"{made.AddOrUpdate($"{http.Request.PathBase}{http.Request.Path}{http.Request.QueryString}", 1, (_, count) => count + 1)}";

    internal static string CountOf(HttpContext http) => Count(http.RequestServices.GetRequiredService<ConcurrentDictionary<string, int>>(), http);
}

/// <summary>A controller of a conventional route, and its default.</summary>
public sealed class PathsHomeController : Controller
{
    /// <summary>The page.</summary>
    public string Index() => RevalidatePathTests.CountOf(HttpContext);
}

/// <summary>A controller of an area.</summary>
[Area("PathsAdmin")]
public sealed class PathsUsersController : Controller
{
    /// <summary>The page.</summary>
    public string Index() => RevalidatePathTests.CountOf(HttpContext);
}
