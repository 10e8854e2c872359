using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>In an application with authentication of its own, neither the API's keys nor the application's users are taken for the other's.</summary>
public sealed class StaffedHostTests(StaffedHost host) : IClassFixture<StaffedHost>
{
    [Theory]
    [InlineData("/staff")]
    [InlineData("/fallback")]
    public async Task EndpointOfTheApplication_IsReachedByItsUsersAndByNoKey(string path)
    {
        using var staff = host.With(StaffedHost.Staff);
        Assert.Equal("Ada", (await staff.Ask(path)).Text);

        using var key = host.With(host.All);
        var refused = await key.Ask(path);
        Assert.Equal((401, "Staff"), (refused.Status, refused.Header("WWW-Authenticate")));
    }

    [Fact]
    public async Task OpenEndpointOfTheApplication_SeesItsOwnUsersAlone()
    {
        using var key = host.With(host.All);
        Assert.Equal("nobody", (await key.Ask("/open")).Text);
        using var both = host.With(host.All, StaffedHost.Staff);
        Assert.Equal("Ada", (await both.Ask("/open")).Text);
    }

    [Fact]
    public async Task Api_IsReachedByKeysAndByNoUserOfTheApplication()
    {
        using var key = host.With(host.All);
        (await key.Put("guest", "value", "&tag=guest")).IsDone();
        (await key.Read("guest")).IsHit("value");

        using var staff = host.With(StaffedHost.Staff);
        var refused = await staff.Read("guest");
        refused.IsProblem(401, "unauthorized");
        Assert.Equal(("Bearer", "no-store"), (refused.Header("WWW-Authenticate"), refused.Header("Cache-Control")));
    }

    [Fact]
    public async Task Api_GoesByTheScopesOfTheKey_WhateverAUserMay()
    {
        using var reader = host.With(host.Reader, StaffedHost.Staff);

        Assert.Equal(404, (await reader.Info("guest:scopes")).Status);
        Assert.Equal("The key does not have the scope 'write'.", (await reader.Put("guest:scopes", "value")).IsProblem(403, "forbidden"));
        Assert.Equal("The key does not have the scope 'invalidate'.", (await reader.Update("guest:scopes")).IsProblem(403, "forbidden"));
    }

    [Fact]
    public async Task EndpointOfTheApplication_WithAPolicyOfTheApi_IsReachedByItsKeys()
    {
        using var admin = host.With(host.All);
        Assert.Equal(200, (await admin.Ask("/keys")).Status);
        using var reader = host.With(host.Reader);
        (await reader.Ask("/keys")).IsProblem(403, "forbidden");
        using var staff = host.With(StaffedHost.Staff);
        (await staff.Ask("/keys")).IsProblem(401, "unauthorized");
    }

    [Fact]
    public async Task Health_IsOpenInSpiteOfTheFallbackPolicy_AndAmongTheApplicationsChecks()
    {
        using var anybody = host.With();
        Assert.Equal((200, "live"), await TextOf(anybody, "/health/live"));
        Assert.Equal((200, "ready"), await TextOf(anybody, "/health/ready"));
        Assert.Equal((200, "Healthy"), await TextOf(anybody, "/all-checks"));
    }

    [Fact]
    public async Task OpenApi_TheApplicationAndTheApi_HaveADocumentEach()
    {
        using var anybody = host.With();

        // The application's own route to a document of this name goes first; under another address it has the API's as well.
        Assert.Equal(["/fallback", "/keys", "/open", "/staff"], PathsOf(await anybody.Ask("/openapi/v1.json")).Order(StringComparer.Ordinal));
        Assert.All(PathsOf(await anybody.Ask("/openapi/tagcache.json")), path => Assert.StartsWith("/v1/", path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answers_HaveTheApisNames_WhateverJsonTheApplicationWrites()
    {
        using var key = host.With(host.All);
        Assert.Equal(["tags", "members", "elapsedMs"], (await key.Update("guest:json")).Json.EnumerateObject().Select(member => member.Name));
    }

    private static async Task<(int Status, string Text)> TextOf(HttpClient http, string path)
    {
        var reply = await http.Ask(path);
        return (reply.Status, reply.Text);
    }

    private static IEnumerable<string> PathsOf(Reply document) => document.Json.GetProperty("paths").EnumerateObject().Select(path => path.Name);
}
