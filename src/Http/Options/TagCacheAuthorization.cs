namespace OrleansTagCache.Http;

/// <summary>
/// The names of the authentication scheme and of the authorization policies of the HTTP API. An endpoint of the application's own asks for an API key with
/// <c>RequireAuthorization(TagCacheAuthorization.Admin)</c>.
/// </summary>
public static class TagCacheAuthorization
{
    /// <summary>The scheme: <c>Authorization: Bearer otc_...</c> with an API key; without API keys, a connection of this machine, if <see cref="ApiAccessOptions.AllowLocalWithoutKeys"/> lets it in. It is never a default scheme of the application.</summary>
    public const string Scheme = "TagCacheKey";

    /// <summary>The policy of callers that may read entries, and look at tags and their dependents.</summary>
    public const string Read = "TagCache.Read";

    /// <summary>The policy of callers that may store and remove entries.</summary>
    public const string Write = "TagCache.Write";

    /// <summary>The policy of callers that may update and revalidate tags.</summary>
    public const string Invalidate = "TagCache.Invalidate";

    /// <summary>The policy of callers that may look at the cluster as a whole.</summary>
    public const string Admin = "TagCache.Admin";
}
