namespace OrleansTagCache;

/// <summary>What the cache of an <see cref="HttpClient"/> cannot know of the handlers that come after it.</summary>
/// <remarks>
/// A response is kept for everybody who sends an equal request. What handlers further in put on it is not a part of it, and may be somebody's own: so by default a response
/// whose request was changed on its way is not kept, but for headers that trace it and <c>Accept-Encoding</c>.
/// </remarks>
public sealed class TagCacheFetchOptions
{
    /// <summary>
    /// Headers that handlers further in may add or change: each of them has the same value for everybody, or one that no response depends on, as the application's own
    /// <c>X-Api-Key</c> or a <c>User-Agent</c>. To name one whose value is a user's own gives his responses to others. In any case; default none.
    /// </summary>
    public ISet<string> HarmlessHeaders { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Whether handlers further in may send a request to another address than it names, as service discovery and balancers do: what comes back is the same whoever asks. Default false.
    /// </summary>
    public bool IsAddressHarmless { get; set; }
}
