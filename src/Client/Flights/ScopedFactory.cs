using Microsoft.Extensions.DependencyInjection;

namespace OrleansTagCache.Flights;

/// <summary>A factory whose services are of a scope of its own, so that it depends on no request.</summary>
internal sealed record ScopedFactory<T>(IServiceProvider Services, Func<IServiceProvider, CacheContext, CancellationToken, ValueTask<T>> Factory)
{
    public async ValueTask<T> Make(CacheContext context, CancellationToken cancellationToken)
    {
        var scope = Services.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            return await Factory(scope.ServiceProvider, context, cancellationToken).ConfigureAwait(false);
        }
    }
}
