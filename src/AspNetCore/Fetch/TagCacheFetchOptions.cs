namespace OrleansTagCache;

/// <summary>What the cache of an <see cref="HttpClient"/> cannot know about the handlers behind it.</summary>
/// <remarks>
/// A response is kept for every user who sends an equal request. What handlers behind the cache add to the request is not part of the key, and may be specific to one user. So by default a response
/// whose request was changed on its way is not kept, except for headers that trace it and <c>Accept-Encoding</c>.
/// </remarks>
public sealed class TagCacheFetchOptions
{
    /// <summary>
    /// Headers that handlers behind the cache may add or change: each has the same value for every user, or one that no response depends on, such as the application's own
    /// <c>X-Api-Key</c> or a <c>User-Agent</c>. Naming a header whose value is specific to one user gives that user's responses to others. Case does not matter; default none.
    /// </summary>
    public ISet<string> HarmlessHeaders { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Whether handlers behind the cache may send a request to another address than it names, as service discovery and load balancers do: the response is the same for every user. Default false.
    /// </summary>
    public bool IsAddressHarmless { get; set; }
}
