using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache;
using OrleansTagCache.ServerActions;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Marks endpoints as server actions.</summary>
public static class ServerActionEndpointExtensions
{
    /// <summary>As <see cref="ServerActionAttribute"/>, for one endpoint or a group of them.</summary>
    /// <exception cref="InvalidOperationException">When the endpoints are built, at the first request at the latest: <c>AddTagCacheServerActions</c> was not called.</exception>
    public static TBuilder WithServerAction<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            if (endpoint.ApplicationServices.GetService<EndpointServerActions>() is null)
            {
                throw new InvalidOperationException("Server actions need AddTagCacheServerActions() on the application's services.");
            }

            endpoint.Metadata.Add(new ServerActionAttribute());
        });
        return builder;
    }
}
