namespace OrleansTagCache.Http.Authentication;

/// <summary>The authorization policy of each scope.</summary>
internal static class ScopePolicies
{
    private static readonly Dictionary<string, Scopes> Policies = new(StringComparer.Ordinal)
    {
        [TagCacheAuthorization.Read] = Scopes.Read,
        [TagCacheAuthorization.Write] = Scopes.Write,
        [TagCacheAuthorization.Invalidate] = Scopes.Invalidate,
        [TagCacheAuthorization.Admin] = Scopes.Admin,
    };

    public static IEnumerable<KeyValuePair<string, Scopes>> All => Policies;

    /// <summary>The scope that a policy asks for; none if it is not one of these.</summary>
    public static Scopes ScopeOf(string? policy) => policy is null ? Scopes.None : Policies.GetValueOrDefault(policy);

    /// <summary>Lets callers of that scope reach an endpoint, and no others.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, Scopes scope)
        where TBuilder : IEndpointConventionBuilder => endpoint.RequireAuthorization(Policies.Single(policy => policy.Value == scope).Key);
}
