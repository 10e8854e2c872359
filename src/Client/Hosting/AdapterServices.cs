using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace OrleansTagCache.Hosting;

/// <summary>An adapter that each cache of the process has one of.</summary>
/// <param name="Service">The contract.</param>
/// <param name="Implementation">The adapter.</param>
internal sealed record AdapterRegistration(Type Service, Type Implementation);

/// <summary>Registers adapters: one over the cache of the process, and a keyed one for each further namespace.</summary>
internal static class AdapterServices
{
    /// <summary>The adapter takes the place of whichever implementation was registered before.</summary>
    public static void AddAdapter<TService, TAdapter>(this IServiceCollection services)
        where TService : class
        where TAdapter : class, TService
    {
        services.AddCacheRequired();
        services.Replace(ServiceDescriptor.Singleton<TService>(provider => provider.CreateOverCache<TAdapter>()));
        var adapter = new AdapterRegistration(typeof(TService), typeof(TAdapter));
        if (!services.Any(service => adapter.Equals(service.ImplementationInstance)))
        {
            services.AddSingleton(adapter);
        }

        services.AddKeyedAdapters();
    }

    /// <summary>To be called when a namespace or an adapter was added, in whichever order they come.</summary>
    public static void AddKeyedAdapters(this IServiceCollection services)
    {
        var added = services.Select(service => service.ImplementationInstance).ToArray();
        foreach (var registration in added.OfType<NamespaceRegistration>())
        {
            foreach (var adapter in added.OfType<AdapterRegistration>())
            {
                services.TryAdd(ServiceDescriptor.KeyedSingleton(adapter.Service, registration.Name, (provider, _) => ActivatorUtilities.CreateInstance(
                    provider.GetRequiredKeyedService<NamespaceServices>(registration.Name), adapter.Implementation)));
            }
        }
    }
}
