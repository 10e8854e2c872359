using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.WebSockets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;
using OrleansTagCache.Sessions;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Http.Sessions;

/// <summary>
/// <c>/v1/session</c>: a WebSocket over which a program that is not .NET reads entries, and may keep them near: unless it says <c>keep=false</c>, it has a session with this silo. Browsers are not let in: a page could make one call here with what it can reach.
/// </summary>
/// <remarks>Thread-safe. There are no more connections at a time than <see cref="HttpLimitOptions.Sessions"/>, and of one key no more than <see cref="HttpLimitOptions.SessionsPerKey"/>.</remarks>
internal sealed class SessionEndpoint
{
    /// <summary>What both sides must name.</summary>
    public const string Protocol = "orleans-tag-cache.v1";

    /// <summary>A peer that does not answer a ping for so long is gone.</summary>
    private static readonly TimeSpan PingPatience = TimeSpan.FromSeconds(15);

    private readonly SessionServices _services;
    private readonly RequestLimits _limits;
    private readonly KeyQuota _perKey;
    private readonly WebSocketOptions _sockets = new() { KeepAliveInterval = PingPatience, KeepAliveTimeout = PingPatience };
    private readonly ILoggerFactory _loggers;

    public SessionEndpoint(
        ClientSessions sessions,
        SessionCalls calls,
        ApiKeyRing keys,
        RequestLimits limits,
        IOptions<TagCacheHttpOptions> options,
        IHostApplicationLifetime life,
        ILoggerFactory loggers,
        ILogger<SessionServices> log,
        TimeProvider time)
    {
        (_limits, _loggers, _perKey) = (limits, loggers, new(options.Value.Limits.SessionsPerKey));
        _services = new(sessions, calls, keys, limits, options.Value.Limits.HeadTimeout, log, time, life.ApplicationStopping);
    }

    public void Map(IEndpointRouteBuilder v1) => v1.MapRead("/session", Get).Needs(Scopes.Read).WithMetadata(new DisableRequestTimeoutAttribute())
        .WithSummary("A WebSocket of frames, for programs that keep entries near (docs: the session protocol)")
        .Produces(StatusCodes.Status101SwitchingProtocols).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status426UpgradeRequired)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

    // The parameter is declared for the OpenAPI document and read through Query, which says what is wrong with it.
    public IResult Get(HttpContext http, string? keep)
    {
        _ = keep;
        var keeps = Query.Flag(http.Request, nameof(keep), otherwise: true);
        if (http.Request.Headers.Origin.Count > 0 || http.Session() is not null)
        {
            return Problems.Forbidden("Sessions are not for browsers: the call must bear no Origin, and a key in its Authorization header.");
        }

        return new Upgrade(this, keeps);
    }

    private async Task Accept(HttpContext http, bool keeps)
    {
        if (!http.WebSockets.IsWebSocketRequest || !http.WebSockets.WebSocketRequestedProtocols.Contains(Protocol, StringComparer.Ordinal))
        {
            http.Response.Headers.Upgrade = "websocket";
            await Problems.UpgradeRequired($"This address takes WebSockets of the subprotocol '{Protocol}' alone.").ExecuteAsync(http);
            return;
        }

        var caller = http.Caller();
        if (_services.Stopping.IsCancellationRequested)
        {
            await Problems.Unavailable("The silo stops. Ask another one.").ExecuteAsync(http);
            return;
        }

        if (!_limits.Sessions.TryTake(1))
        {
            await Problems.Overloaded(http, "The limit of sessions is reached (TagCache:Limits:Sessions).").ExecuteAsync(http);
            return;
        }

        try
        {
            if (!_perKey.TryTake(caller.KeyId))
            {
                await Problems.Overloaded(http, "The limit of sessions of one key is reached (TagCache:Limits:SessionsPerKey).").ExecuteAsync(http);
                return;
            }

            try
            {
                await Serve(http, caller, keeps);
            }
            finally
            {
                _perKey.GiveBack(caller.KeyId);
            }
        }
        finally
        {
            _limits.Sessions.GiveBack(1);
        }
    }

    private async Task Serve(HttpContext http, ApiCaller caller, bool keeps)
    {
        using var socket = await http.WebSockets.AcceptWebSocketAsync(Protocol);
        var frames = new FrameSocket(socket, _services.Calls.MaximumFrame, _limits, _services.HelloPatience, _services.Time);
        var connection = new SessionConnection(frames, http, caller, keeps, _services);

        // What it does for hours is not a part of the trace of the upgrade.
        await DetachedTask.Run(connection.Run);
    }

    /// <summary>The server's own upgrade, whether or not the application has added WebSockets to its pipeline.</summary>
    private sealed class Upgrade(SessionEndpoint endpoint, bool keeps) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) =>
            new WebSocketMiddleware(http => endpoint.Accept(http, keeps), Microsoft.Extensions.Options.Options.Create(endpoint._sockets), endpoint._loggers).Invoke(httpContext);
    }
}

/// <summary>How many of the callers' connections are each key's.</summary>
/// <remarks>Thread-safe. It has a number for each key with connections.</remarks>
internal sealed class KeyQuota(int limit)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _taken = new(StringComparer.Ordinal);

    /// <summary>Takes a place; callers without a key have one bound together.</summary>
    public bool TryTake(string? key)
    {
        lock (_gate)
        {
            var taken = _taken.GetValueOrDefault(key ?? string.Empty);
            if (taken >= limit)
            {
                return false;
            }

            _taken[key ?? string.Empty] = taken + 1;
            return true;
        }
    }

    public void GiveBack(string? key)
    {
        lock (_gate)
        {
            var left = _taken[key ?? string.Empty] - 1;
            if (left > 0)
            {
                _taken[key ?? string.Empty] = left;
            }
            else
            {
                _taken.Remove(key ?? string.Empty);
            }
        }
    }
}
