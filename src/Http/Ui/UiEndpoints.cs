using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Http.Ui;

/// <summary>The body of a sign-in.</summary>
internal sealed record SignInBody(string? Key);

/// <summary>Who looks at the page, and what they may do. A silo without API keys needs none, and names none.</summary>
internal sealed record UiSessionInfo(bool SignedIn, string? Key = null, string? Namespace = null, string[]? Scopes = null, string? ClusterId = null, string? Silo = null, string[]? Profiles = null);

/// <summary><c>/ui</c>: the operators' page, and its sessions.</summary>
internal sealed class UiEndpoints(
    UiFiles files, UiSessions sessions, ApiKeyRing keys, FailedAttempts failures, RequestLimits limits, CacheLifeProfiles profiles, ILocalSiloDetails self, IOptions<ClusterOptions> cluster)
{
    public bool AreOn => sessions.AreOn;

    public void Map(IEndpointRouteBuilder routes)
    {
        var ui = routes.MapGroup("/ui").AddEndpointFilter<ProblemFilter>().ExcludeFromDescription().AllowAnonymous();
        ui.MapRead("/{**path}", files.Get);
        ui.MapRead("/session", Look);
        ui.MapPost("/session", (Delegate)SignIn);
        ui.MapDelete("/session", SignOut);
    }

    /// <summary>Who has signed in; the session lasts longer from here on.</summary>
    public async Task<IResult> Look(HttpContext http)
    {
        MustNotBeKept(http);
        if (keys.IsRequired && !await sessions.TryRenew(http))
        {
            return JsonAnswer.Ok(new UiSessionInfo(SignedIn: false));
        }

        var found = await http.AuthenticateAsync(TagCacheAuthorization.Scheme);
        if (!found.Succeeded || ApiCallerIdentity.Of(found.Principal) is not { } caller)
        {
            // It says what is in the way.
            return Results.Challenge(authenticationSchemes: [TagCacheAuthorization.Scheme]);
        }

        return JsonAnswer.Ok(new UiSessionInfo(
            SignedIn: true, caller.KeyId, caller.Namespace.Value, ScopeNames.Of(caller.Scopes).Split(','), cluster.Value.ClusterId, self.SiloAddress.ToString(), [.. profiles.Names]));
    }

    public async Task<IResult> SignIn(HttpContext http)
    {
        MustNotBeKept(http);
        if (!UiRequest.IsFromPage(http.Request))
        {
            return FromElsewhere();
        }

        var (body, problem) = await BodyReader.ReadJson<SignInBody>(http.Request, limits.StrangersBytes);
        if (problem is not null)
        {
            return problem;
        }

        if (keys.Find((body!.Key ?? string.Empty).Trim()) is not { } key)
        {
            return failures.Count(http.Connection.RemoteIpAddress) is { } pause
                ? Problems.TooMany(http, pause)
                : Problems.Of(StatusCodes.Status401Unauthorized, "unauthorized", "This is not an API key of the cluster, or it has expired.");
        }

        if (limits.CountCall(key.Id) is { } wait)
        {
            return Problems.TooMany(http, wait);
        }

        if (!key.Caller.May(Scopes.Admin))
        {
            return Problems.Forbidden($"The key does not have the scope '{ScopeNames.Of(Scopes.Admin)}'.");
        }

        await sessions.Begin(http, key);
        return Results.NoContent();
    }

    public IResult SignOut(HttpContext http)
    {
        MustNotBeKept(http);
        if (!UiRequest.IsFromPage(http.Request))
        {
            return FromElsewhere();
        }

        sessions.End(http);
        return Results.NoContent();
    }

    private static void MustNotBeKept(HttpContext http) => http.Response.Headers.CacheControl = "no-store";

    private static IResult FromElsewhere() => Problems.Forbidden("This call is for the operators' page alone: the request does not come from it.");
}
