using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTagCache;
using OrleansTagCache.Testing;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Puts a <see cref="TestTagCache"/> into the container of a test.</summary>
public static class TestTagCacheExtensions
{
    /// <summary>Registers a <see cref="TestTagCache"/> as the <see cref="ITagCache"/> of the container, in the place of one that was registered before. Its clock is the container's <see cref="TimeProvider"/> if it has one, and factories get the container's services.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes how it is made.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddTestTagCache(this IServiceCollection services, Action<TestTagCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.RemoveAll<ITagCache>();
        services.RemoveAll<TestTagCache>();
        services.AddSingleton(provider => new TestTagCache(test =>
        {
            test.Time = provider.GetService<TimeProvider>() ?? TimeProvider.System;
            test.Services = provider;
            configure?.Invoke(test);
        }));
        return services.AddSingleton<ITagCache>(provider => provider.GetRequiredService<TestTagCache>());
    }
}
