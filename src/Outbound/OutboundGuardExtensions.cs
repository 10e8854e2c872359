using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansTagCache;
using OrleansTagCache.Outbound;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Guards a client whose addresses come from outside: from a user, a document, another server.</summary>
public static class OutboundGuardExtensions
{
    /// <summary>
    /// Restricts requests of this client to the hosts in the options, at public addresses: a host is resolved once, its addresses are checked, and so are those of every redirect. Requests
    /// are bounded in time and size, and carry no cookies or credentials. A refused request throws <see cref="OutboundRefusedException"/>; nothing of it was sent or kept.
    /// </summary>
    /// <remarks>It replaces the client's primary handler: configure none after it. With <c>AddTagCache()</c>, in either order, a refused request is not cached.</remarks>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Names at least one host; checked at start-up, or when the client is first made, and all faults are reported at once.</param>
    /// <returns>The client.</returns>
    public static IHttpClientBuilder AddOutboundGuard(this IHttpClientBuilder builder, Action<OutboundOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<OutboundOptions>(builder.Name).Configure(configure).ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OutboundOptions>, OutboundOptionsValidator>());
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<IHostResolver, DnsResolver>();
        return builder.ConfigurePrimaryHttpMessageHandler(provider => new OutboundGuardHandler(
            provider.GetRequiredService<IOptionsMonitor<OutboundOptions>>().Get(builder.Name),
            provider.GetRequiredService<IHostResolver>(),
            provider.GetRequiredService<TimeProvider>()));
    }
}
