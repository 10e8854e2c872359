namespace OrleansTagCache;

/// <summary>A guarded client did not send a request, or did not take its response: it would have gone where its options do not allow, or taken more than they do.</summary>
public sealed class OutboundRefusedException : HttpRequestException
{
    internal OutboundRefusedException(string message)
        : base(message)
    {
    }
}
