using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Http.Tokens;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Authentication;

/// <summary>
/// Finds out who calls the API. With keys the caller is the key's, which the operators' page shows by its session; without keys it is any program on this machine, where that is allowed, but no web page of another site.
/// </summary>
/// <remarks>
/// A valid key is always let in, also from an address with many failures: an attacker must not lock out those who share the address. Failures beyond the bound are
/// answered 429. One handler serves one request.
/// </remarks>
internal sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> schemes, ILoggerFactory log, UrlEncoder encoder, ApiKeyServices api)
    : AuthenticationHandler<AuthenticationSchemeOptions>(schemes, log, encoder)
{
    private const string Prefix = "Bearer ";

    private static readonly Task<AuthenticateResult> NoKey = Task.FromResult(AuthenticateResult.NoResult());
    private static readonly Task<AuthenticateResult> NoSuchKey = Task.FromResult(AuthenticateResult.Fail("The API key is not valid."));
    private static readonly Task<AuthenticateResult> NoSuchSession = Task.FromResult(AuthenticateResult.Fail("The session has ended, or it cannot be verified at the moment."));
    private static readonly Task<AuthenticateResult> TooManyCalls = Task.FromResult(AuthenticateResult.Fail("The API key has made too many calls."));
    private static readonly Task<AuthenticateResult> NoKeys = Task.FromResult(AuthenticateResult.Fail("There are no API keys, and calls without one are not allowed."));
    private static readonly Task<AuthenticateResult> NotLocal = Task.FromResult(AuthenticateResult.Fail("Without API keys a caller must be a program on this machine."));

    private ApiCaller? _caller;
    private TimeSpan? _wait;
    private bool _isUnverified;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() =>
        !api.Keys.IsRequired ? ByConnection() : Request.Headers.Authorization.Count == 0 && api.Sessions.TextOf(Request) is { } session ? BySession(session) : ByKey();

    /// <summary>The caller is not known, or has called too often.</summary>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        await HandleAuthenticateOnceSafeAsync();
        if (_wait is { } wait)
        {
            await Refuse(Problems.TooMany(Context, wait));
        }
        else if (_isUnverified)
        {
            await Refuse(Problems.Unavailable("The silo that verifies sessions did not answer. Try again."));
        }
        else if (api.Keys.IsRequired)
        {
            Response.Headers.WWWAuthenticate = "Bearer";
            await Refuse(api.Failures.Count(Context.Connection.RemoteIpAddress) is { } pause ? Problems.TooMany(Context, pause) : Problems.Unauthorized());
        }
        else if (!api.Local.AreAllowed)
        {
            await Refuse(Problems.Forbidden($"This silo has no API keys, and calls without one are not allowed. {LocalCallers.Remedy}"));
        }
        else
        {
            await Refuse(Problems.Forbidden("Without API keys this silo answers programs on its own machine only: no other host name, no web page of another site, and nothing that a proxy passes on."));
        }
    }

    /// <summary>The caller is known, and may not do this. One that another scheme has authenticated is not known here.</summary>
    protected override async Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        await HandleAuthenticateOnceSafeAsync();
        if (_caller is not { } caller || _wait is not null)
        {
            await HandleChallengeAsync(properties);
            return;
        }

        var lacking = Context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(data => ScopePolicies.ScopeOf(data.Policy)).FirstOrDefault(scope => !caller.May(scope));
        await Refuse(Problems.Forbidden(lacking is { } scope and not Scopes.None
            ? $"The key does not have the scope '{ScopeNames.Of(scope)}'."
            : "A policy of the application does not allow this call."));
    }

    private Task<AuthenticateResult> ByKey()
    {
        if (KeyOf(Request.Headers.Authorization) is not { } text)
        {
            return NoKey;
        }

        return api.Keys.Find(text) is { } key ? Of(key) : NoSuchKey;
    }

    private async Task<AuthenticateResult> BySession(string text)
    {
        try
        {
            if (await api.Sessions.Find(text) is not { } found)
            {
                return await NoSuchSession;
            }

            Context.Items[typeof(UiSession)] = found.Session;
            return await Of(found.Key);
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            _isUnverified = true;
            return await NoSuchSession;
        }
    }

    private Task<AuthenticateResult> Of(ApiKey key)
    {
        _caller = key.Caller;
        _wait = api.Limits.CountCall(key.Id);
        return _wait is null ? Success(key.Caller) : TooManyCalls;
    }

    private Task<AuthenticateResult> ByConnection()
    {
        if (!api.Local.AreAllowed)
        {
            return NoKeys;
        }

        if (!LocalRequest.Is(Context))
        {
            return NotLocal;
        }

        _caller = api.AnyLocal;
        return Success(api.AnyLocal);
    }

    private Task<AuthenticateResult> Success(ApiCaller caller) =>
        Task.FromResult(AuthenticateResult.Success(new(new ClaimsPrincipal(new ApiCallerIdentity(caller)), Scheme.Name)));

    private async Task Refuse(IResult refusal)
    {
        if (_caller is { } known)
        {
            await api.Tokens.End(Request, known);
        }

        // Another scheme of the endpoint may have answered.
        if (!Response.HasStarted)
        {
            Response.Headers.CacheControl = "no-store";
            await refusal.ExecuteAsync(Context);
        }
    }

    private static string? KeyOf(StringValues header) =>
        header.Count == 1 && header[0]!.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? header[0]![Prefix.Length..].Trim(' ') : null;
}

/// <summary>What the handlers of all requests share.</summary>
internal sealed class ApiKeyServices(
    ApiKeyRing keys, UiSessions sessions, LocalCallers local, FailedAttempts failures, RequestLimits limits, RefusedCallTokens tokens, TagCacheClientOptions options)
{
    public ApiKeyRing Keys => keys;

    public UiSessions Sessions => sessions;

    public LocalCallers Local => local;

    public FailedAttempts Failures => failures;

    public RequestLimits Limits => limits;

    public RefusedCallTokens Tokens => tokens;

    /// <summary>Any program on this machine, where no key is needed.</summary>
    public ApiCaller AnyLocal { get; } = new(null, CacheNamespace.Parse(options.Namespace), ScopeNames.All);
}
