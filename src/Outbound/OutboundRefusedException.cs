namespace OrleansTagCache;

/// <summary>A guarded client did not send a request, or refused its response: the request would have gone to a host that the options do not allow, or the response broke a bound.</summary>
public sealed class OutboundRefusedException : HttpRequestException
{
    internal OutboundRefusedException(string message)
        : base(message)
    {
    }
}
