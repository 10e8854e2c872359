using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansTagCache;
using OrleansTagCache.Outbound;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Guards a client whose addresses come from outside: from a user, a document, another server.</summary>
public static class OutboundGuardExtensions
{
    /// <summary>
    /// Requests of this client go to the hosts of the options alone, at public addresses: a host is resolved once, its addresses are looked at, and so are those of every redirect. They
    /// are bounded in time and size, and carry no cookies or credentials. What is refused throws <see cref="OutboundRefusedException"/>; nothing of it was sent, or kept.
    /// </summary>
    /// <remarks>It takes the place of the client's primary handler: configure none after it. With <c>AddTagCache()</c>, in either order, what is refused is not cached.</remarks>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Names at least one host; checked at start-up, or when the client is first made, every fault reported at once.</param>
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
