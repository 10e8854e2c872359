using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>
/// Without API keys an application lets programs on its machine call only in development, or if it says so: what a proxy on that machine passes on, without a header of its own, looks like their calls.
/// </summary>
public sealed class LocalCallersTests
{
    private const string Warning = "The HTTP API refuses every call that needs an API key";

    [Theory]
    [InlineData("Production", null)]
    [InlineData("Staging", null)]
    [InlineData("Development", false)]
    public async Task Call_WithoutKeys_WhereLocalCallersAreNotAllowed_IsRefused_AndTheStartWarns(string environment, bool? isAllowed)
    {
        using var log = new CapturedLog();
        await using var app = await Start(environment, isAllowed, log);
        using var http = Client(app);

        foreach (var reply in new[] { await http.Ask("/v1/entry/info?key=local"), await http.Put("local", "value"), await http.Update("local"), await http.Ask("/v1/cluster") })
        {
            var detail = reply.IsProblem(403, "forbidden");
            Assert.StartsWith("This silo has no API keys, and calls without one are not allowed. Create keys with 'keys create'", detail, StringComparison.Ordinal);
            Assert.Contains("TagCache:Access:AllowLocalWithoutKeys", detail, StringComparison.Ordinal);
        }

        Assert.Equal(200, (await http.Ask("/health/live")).Status);
        Assert.Contains(Warning, log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Development", null)]
    [InlineData("Production", true)]
    public async Task Call_WithoutKeys_WhereLocalCallersAreAllowed_IsAnswered(string environment, bool? isAllowed)
    {
        using var log = new CapturedLog();
        await using var app = await Start(environment, isAllowed, log);
        using var http = Client(app);

        (await http.Put("local", "value")).IsDone();

        Assert.DoesNotContain(Warning, log.Text, StringComparison.Ordinal);
    }

    private static async Task<WebApplication> Start(string environment, bool? isAllowed, CapturedLog log)
    {
        var builder = GuestHost.CreateBuilder(environment);
        builder.Logging.AddProvider(log);
        builder.Configuration["TagCache:Access:AllowLocalWithoutKeys"] = isAllowed?.ToString();
        builder.Services.AddTagCacheHttp();
        builder.Services.AddHealthChecks().AddTagCache();
        var app = builder.Build();
        app.MapTagCache();
        app.MapTagCacheHealthChecks();
        await app.StartAsync();
        return app;
    }

    private static HttpClient Client(WebApplication app) => new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new(app.Urls.Single()) };
}

/// <summary>The silo program, told not to let programs on its machine call without a key.</summary>
public sealed class ClosedSilo : SiloServer
{
    protected override string[] Settings => ["--TagCache:Access:AllowLocalWithoutKeys=false"];
}

public sealed class ClosedSiloTests(ClosedSilo silo) : IClassFixture<ClosedSilo>
{
    [Fact]
    public async Task Call_IsRefused() => (await silo.Http.Ask("/v1/cluster")).IsProblem(403, "forbidden");
}
