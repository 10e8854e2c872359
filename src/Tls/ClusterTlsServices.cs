using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Tls;

/// <summary>What a silo and a client register alike.</summary>
internal static class ClusterTlsServices
{
    /// <summary>Whether this is the first call: only then are connections to be told.</summary>
    public static bool AddClusterTls(this IServiceCollection services, Action<ClusterTlsOptions> configure, bool isSilo)
    {
        services.AddOptions<ClusterTlsOptions>().Configure(configure).ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ClusterTlsOptions>, ClusterTlsOptionsValidator>(_ => new(isSilo)));
        if (services.Any(service => service.ServiceType == typeof(ClusterTls)))
        {
            return false;
        }

        services.AddSingleton<ClusterTls>();
        services.AddSingleton<IOwnCertificate>(provider => provider.GetRequiredService<ClusterTls>());

        // One line a refused connection (event 7103) is what a stranger may write into the log; the package would add the whole exception.
        services.AddLogging(logging => logging.AddFilter("Orleans.Connections.Security", LogLevel.None));
        return true;
    }
}
