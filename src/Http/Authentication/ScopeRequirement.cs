using Microsoft.AspNetCore.Authorization;

namespace OrleansTagCache.Http.Authentication;

/// <summary>Met by callers whose key has the scope.</summary>
internal sealed class ScopeRequirement(Scopes scope) : AuthorizationHandler<ScopeRequirement>, IAuthorizationRequirement
{
    /// <inheritdoc/>
    public override string ToString() => $"An API key with the scope '{ScopeNames.Of(scope)}'";

    /// <inheritdoc/>
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ScopeRequirement requirement)
    {
        // This handler is called for the requirements of its type that other policies have, too.
        if (requirement == this && ApiCallerIdentity.Of(context.User) is { } caller && caller.May(scope))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}
