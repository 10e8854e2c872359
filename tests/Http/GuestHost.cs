using System.Net;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansTagCache.Http.Authentication;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>An application that runs a silo, with endpoints of its own beside the HTTP API. When it is disposed it must have logged no error.</summary>
public abstract class GuestHost : IAsyncLifetime
{
    private readonly CapturedLog _log = new();
    private WebApplication? _app;

    public Uri Address => new(_app!.Urls.Single());

    public async Task InitializeAsync()
    {
        var builder = CreateBuilder();
        Add(builder);
        _app = builder.Build();
        _app.Services.GetRequiredService<ILoggerFactory>().AddProvider(_log);
        Map(_app);
        await _app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        Assert.Empty(_log.Errors);
    }

    /// <summary>A client that sends these headers with every call.</summary>
    public HttpClient With(params (string Name, string Value)[] headers)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Address };
        foreach (var (name, value) in headers)
        {
            Assert.True(http.DefaultRequestHeaders.TryAddWithoutValidation(name, value));
        }

        return http;
    }

    /// <summary>An application with a silo that is alone.</summary>
    internal static WebApplicationBuilder CreateBuilder(string environment = "Production")
    {
        var ports = FreePorts.Take(2);
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.UseOrleans(silo => silo.UseLocalhostClustering(ports[0], ports[1]).UseInMemoryReminderService().AddTagCache());
        return builder;
    }

    protected abstract void Add(WebApplicationBuilder builder);

    protected abstract void Map(WebApplication app);
}

/// <summary>An application with an authentication scheme, a fallback policy, an OpenAPI document and health checks of its own, and API keys in its code.</summary>
public sealed class StaffedHost : GuestHost
{
    private readonly (string Id, string Text) _all = ApiKeyText.Create();
    private readonly (string Id, string Text) _reader = ApiKeyText.Create();

    public (string Name, string Value) All => ("Authorization", $"Bearer {_all.Text}");

    public (string Name, string Value) Reader => ("Authorization", $"Bearer {_reader.Text}");

    public static (string Name, string Value) Staff => (StaffHandler.Header, "Ada");

    protected override void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddTagCacheHttp(api =>
        {
            api.Access.Keys[_all.Id] = new() { Hash = Convert.ToHexString(ApiKeyText.Hash(_all.Text)), Namespace = "shop", Scopes = "read,write,invalidate,admin" };
            api.Access.Keys[_reader.Id] = new() { Hash = Convert.ToHexString(ApiKeyText.Hash(_reader.Text)), Namespace = "shop", Scopes = "read" };
        });
        builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, StaffHandler>("Staff", null);
        builder.Services.AddAuthorizationBuilder().SetFallbackPolicy(new(requirements: [new Microsoft.AspNetCore.Authorization.Infrastructure.DenyAnonymousAuthorizationRequirement()], []));
        builder.Services.AddHealthChecks().AddTagCache();
        builder.Services.AddOpenApi();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseUpper);
    }

    protected override void Map(WebApplication app)
    {
        app.MapTagCache();
        app.MapTagCacheHealthChecks();
        app.MapOpenApi().AllowAnonymous();
        app.MapHealthChecks("/all-checks").AllowAnonymous();
        app.MapGet("/open", (ClaimsPrincipal user) => user.Identity?.Name ?? "nobody").AllowAnonymous();
        app.MapGet("/staff", (ClaimsPrincipal user) => user.Identity?.Name).RequireAuthorization();
        app.MapGet("/fallback", (ClaimsPrincipal user) => user.Identity?.Name);
        app.MapGet("/keys", (ClaimsPrincipal user) => user.Identity?.Name).RequireAuthorization(OrleansTagCache.Http.TagCacheAuthorization.Admin);
    }
}

/// <summary>An application without authentication, API keys and services of ASP.NET Core's beside output caching. The API is in a group of routes; the address of the other end is what a header says.</summary>
public sealed class OpenHost : GuestHost
{
    public const string From = "X-From";

    protected override void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddTagCacheHttp(api => api.Access.AllowLocalWithoutKeys = true);
        builder.Services.AddHealthChecks().AddTagCache();
        builder.Services.AddOutputCache(output => output.AddBasePolicy(policy => policy.Cache()));
    }

    protected override void Map(WebApplication app)
    {
        app.Use((http, next) =>
        {
            if (http.Request.Headers[From].ToString() is { Length: > 0 } text)
            {
                http.Connection.RemoteIpAddress = IPAddress.TryParse(text, out var address) ? address : null;
            }

            return next(http);
        });
        app.UseRouting();
        app.UseAuthorization();
        app.UseOutputCache();
        var cache = app.MapGroup("/cache");
        cache.MapTagCache();
        cache.MapTagCacheUi();
        app.MapTagCacheHealthChecks();
        app.MapGet("/open", (ClaimsPrincipal user) => user.Identity?.Name ?? "nobody");
    }
}

/// <summary>Believes what a header says.</summary>
internal sealed class StaffHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory log, UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
{
    public const string Header = "X-Staff";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Header].ToString() is not { Length: > 0 } name)
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        // It calls scopes by the names that the API does.
        var claims = new[] { "read", "write", "invalidate", "admin" }.Select(scope => new Claim("scope", scope)).Append(new(ClaimTypes.Name, name));
        return Task.FromResult(AuthenticateResult.Success(new(new(new ClaimsIdentity(claims, Scheme.Name)), Scheme.Name)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = Scheme.Name;
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }
}
