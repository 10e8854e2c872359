using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Sessions;

namespace OrleansTagCache.Http.Sessions;

/// <summary>What the connections of all clients share.</summary>
internal sealed partial class SessionServices(
    ClientSessions sessions, SessionCalls calls, ApiKeyRing keys, RequestLimits limits, TimeSpan framePatience, ILogger<SessionServices> log, TimeProvider time, CancellationToken stopping)
{
    private readonly ILogger _log = log;

    public ClientSessions Sessions => sessions;

    public SessionCalls Calls => calls;

    public ApiKeyRing Keys => keys;

    public RequestLimits Limits => limits;

    /// <summary>How long the first frame may take, and any frame once it has begun.</summary>
    public TimeSpan HelloPatience => framePatience;

    /// <summary>How long a client may say nothing: it is to renew more often, and what a key may do is looked at whenever it says anything.</summary>
    public TimeSpan IdlePatience => 3 * framePatience;

    /// <summary>The silo stops.</summary>
    public CancellationToken Stopping => stopping;

    public TimeProvider Time => time;

    [LoggerMessage(7040, LogLevel.Error, "A request of a session failed")]
    public partial void LogFailed(Exception exception);
}
