using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OrleansTagCache;
using OrleansTagCache.Outbox;
using OrleansTagCache.Saving;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Drains the outboxes of contexts.</summary>
public static class TagCacheOutboxServices
{
    /// <summary>
    /// Drains the outbox that the context maps (<c>modelBuilder.AddTagCacheOutbox()</c>) in this process. Register it in every process that saves: there it also deletes the rows of transactions whose holds have been released, and wakes at once for
    /// those that could not be held. Any number of processes may drain one outbox.
    /// </summary>
    /// <typeparam name="TContext">The context, as <c>AddDbContext</c>, <c>AddDbContextPool</c> or <c>AddDbContextFactory</c> registers it, with <c>UseTagCache</c>.</typeparam>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Changes how often it looks and for how long it waits; the options are validated at start-up.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddTagCacheOutbox<TContext>(this IServiceCollection services, Action<TagCacheOutboxOptions>? configure = null)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(services);
        var name = typeof(TContext).FullName!;
        services.AddOptions<TagCacheOutboxOptions>(name).Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TagCacheOutboxOptions>, TagCacheOutboxRanges>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<OutboxQueue<TContext>>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, OutboxDrainer<TContext>>(provider => ActivatorUtilities.CreateInstance<OutboxDrainer<TContext>>(
            provider,
            (Func<DbContext, OrleansTagCache.Updating.SavedTags>)(context => TagCacheOptionsExtension.Required(context).Saved),
            provider.GetRequiredService<IOptionsMonitor<TagCacheOutboxOptions>>().Get(name))));
        return services;
    }
}
