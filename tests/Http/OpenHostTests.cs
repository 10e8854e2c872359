using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Without API keys the API answers programs on its own machine alone, wherever the application listens.</summary>
public sealed class OpenHostTests(OpenHost host) : IClassFixture<OpenHost>
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.2")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:127.0.0.2")]
    public async Task Call_FromThisMachine_IsAnswered(string address)
    {
        using var http = host.With((OpenHost.From, address));
        Assert.Equal(404, (await http.Ask("/cache/v1/entry/info?key=local")).Status);
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("192.168.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("fe80::1")]
    [InlineData("2001:db8::1")]
    [InlineData("none")]
    public async Task Call_FromAnotherMachine_IsRefused_AndReachesTheApplication(string address)
    {
        using var http = host.With((OpenHost.From, address));

        Assert.StartsWith("Without API keys", (await http.Ask("/cache/v1/entry/info?key=local")).IsProblem(403, "forbidden"), StringComparison.Ordinal);
        (await http.Send(HttpMethod.Put, "/cache/v1/entry?key=local", SiloCalls.Body("value"))).IsProblem(403, "forbidden");
        Assert.Equal("nobody", (await http.Ask("/open")).Text);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Original-For", "10.0.0.1:80")]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Host", "evil.example")]
    public async Task Call_ThatAProxyOrAPageSends_IsRefused(string header, string value)
    {
        using var http = host.With((header, value));
        (await http.Ask("/cache/v1/entry/info?key=local")).IsProblem(403, "forbidden");
    }

    [Fact]
    public async Task Endpoint_OfTheApplication_DoesNotSeeTheLocalCaller()
    {
        using var http = host.With();
        Assert.Equal("nobody", (await http.Ask("/open")).Text);
    }

    [Fact]
    public async Task Health_IsAnsweredFromEverywhere_AndToReadsAlone()
    {
        using var http = host.With((OpenHost.From, "10.0.0.1"));
        Assert.Equal("ready", (await http.Ask("/health/ready")).Text);
        Assert.Equal(405, (await http.Send(HttpMethod.Post, "/health/ready")).Status);
    }

    [Fact]
    public async Task Page_IsUnderThePrefix_AndNeedsNoKey()
    {
        using var http = host.With(("Tag-Cache-Ui", "1"), ("Sec-Fetch-Site", "same-origin"));
        Assert.Equal(404, (await http.Ask("/ui")).Status);
        Assert.Contains("ui/main.js", (await http.Ask("/cache/ui")).Text, StringComparison.Ordinal);
        var session = (await http.Ask("/cache/ui/session")).Json;
        Assert.True(session.GetProperty("signedIn").GetBoolean());
        Assert.Equal(["read", "write", "invalidate", "admin"], session.GetProperty("scopes").EnumerateArray().Select(scope => scope.GetString()));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, session.GetProperty("key").ValueKind);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "http://127.0.0.1:3000")]
    [InlineData("X-Forwarded-For", "10.0.0.1")]
    public async Task Page_OfAnotherSite_IsToldNothing(string header, string value)
    {
        using var http = host.With((header, value));
        Assert.StartsWith("Without API keys", (await http.Ask("/cache/ui/session")).IsProblem(403, "forbidden"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Group_OfRoutes_IsThePrefixOfTheApiAndOfItsDocument()
    {
        using var http = host.With();
        Assert.Equal(404, (await http.Ask("/v1/cluster")).Status);
        Assert.Equal(200, (await http.Ask("/cache/v1/cluster")).Status);
        Assert.All(
            (await http.Ask("/cache/openapi/v1.json")).Json.GetProperty("paths").EnumerateObject(),
            path => Assert.StartsWith("/cache/v1/", path.Name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task OutputCache_OfTheApplication_KeepsNoAnswerOfTheApi()
    {
        using var http = host.With();
        foreach (var path in new[] { "/health/ready", "/cache/openapi/v1.json" })
        {
            await http.Ask(path);
            Assert.Null((await http.Ask(path)).Header("Age"));
        }

        await http.Ask("/open");
        Assert.NotNull((await http.Ask("/open")).Header("Age"));
    }

    [Fact]
    public async Task Request_WhoseEndIsAMatterOfOpinion_IsRefused()
    {
        var answer = await RawCall.Exchange(
            host.Address, "PUT /cache/v1/entry?key=framing HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Map_WithoutItsServices_SaysWhichVerbIsMissing()
    {
        await using var withoutServices = GuestHost.CreateBuilder().Build();
        Assert.Contains("AddTagCacheHttp()", Assert.Throws<InvalidOperationException>(() => withoutServices.MapTagCache()).Message, StringComparison.Ordinal);
        Assert.Contains("AddTagCache()", Assert.Throws<InvalidOperationException>(() => withoutServices.MapTagCacheHealthChecks()).Message, StringComparison.Ordinal);

        var builder = WebApplication.CreateBuilder();
        builder.Services.AddTagCacheHttp();
        await using var withoutSilo = builder.Build();
        Assert.Contains("AddTagCache()", Assert.Throws<InvalidOperationException>(() => withoutSilo.MapTagCache()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_WithFaults_EndTheStart_AndAllAreNamed()
    {
        var builder = GuestHost.CreateBuilder();
        builder.Configuration["TagCache:Limits:WaitingReads"] = "0";
        builder.Services.AddTagCacheHttp(api => api.Access.Keys["x"] = new());
        builder.Services.AddTagCacheHttp(api => api.Limits.RequestsPerSecond = 0);
        await using var app = builder.Build();

        var faults = Assert.Throws<OptionsValidationException>(() => app.MapTagCache()).Failures.ToList();

        foreach (var setting in new[] { "Access:Keys:x:Hash", "Access:Keys:x:Scopes", "Limits:WaitingReads", "Limits:RequestsPerSecond" })
        {
            Assert.Contains(faults, fault => fault.StartsWith($"TagCache:{setting} must be ", StringComparison.Ordinal));
        }
    }
}
