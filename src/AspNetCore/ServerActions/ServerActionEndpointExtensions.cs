using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache;
using OrleansTagCache.ServerActions;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Marks endpoints as server actions.</summary>
public static class ServerActionEndpointExtensions
{
    /// <summary>Marks one endpoint, or a group of them, as <see cref="ServerActionAttribute"/> does.</summary>
    /// <typeparam name="TBuilder">The type of the builder.</typeparam>
    /// <param name="builder">The endpoint or the group.</param>
    /// <returns>The endpoint or the group.</returns>
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
