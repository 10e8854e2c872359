using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Authentication;

/// <summary>One key as calls are checked against it.</summary>
internal sealed record ApiKey(string Id, byte[] Hash, CacheNamespace Namespace, Scopes Scopes, DateTimeOffset? Expires)
{
    /// <summary>The caller of every request with this key.</summary>
    public ApiCaller Caller { get; } = new(Id, Namespace, Scopes);

    /// <summary>Whether it is the same key with the same rights.</summary>
    public bool IsAs(ApiKey other) =>
        Id == other.Id && Hash.AsSpan().SequenceEqual(other.Hash) && Namespace == other.Namespace && Scopes == other.Scopes && Expires == other.Expires;

    /// <summary>The key of options that <see cref="ApiKeyRules"/> has found nothing wrong with.</summary>
    public static ApiKey Of(string id, ApiKeyOptions options)
    {
        DateTimeOffset? expires = ApiKeyRules.TryReadExpiry(options.Expires, out var moment) ? moment : null;
        return ScopeNames.TryParse(options.Scopes, out var scopes)
            ? new(id, Convert.FromHexString(options.Hash!), CacheNamespace.Parse(options.Namespace), scopes, expires)
            : throw new InvalidOperationException($"The key {id} has faults.");
    }
}
