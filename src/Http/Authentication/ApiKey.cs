using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Authentication;

/// <summary>One key as calls are checked against it.</summary>
internal sealed record ApiKey(string Id, byte[] Hash, CacheNamespace Namespace, Scopes Scopes, DateTimeOffset? Expires);
