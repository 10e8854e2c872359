using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache;
using OrleansTagCache.Outbox;
using OrleansTagCache.Saving;
using OrleansTagCache.Updating;

namespace Microsoft.EntityFrameworkCore;

/// <summary>Lets contexts hold the cache tags of what they save.</summary>
public static class TagCacheDbContextOptionsExtensions
{
    private static readonly TagCacheSaveRanges Ranges = new();

    /// <summary>
    /// Holds the tags of what contexts with these options save (<see cref="CacheTagsEntityTypeBuilderExtensions"/>, and the tags of the tables), from before the first statement until the outcome of the transaction is known: from the moment of the commit
    /// on, no reader in any process gets what was cached before it.
    /// </summary>
    /// <example>
    /// <code>
    /// builder.Services.AddDbContext&lt;Shop&gt;((services, options) => options
    ///     .UseNpgsql(connectionString)
    ///     .UseTagCache(services));
    /// </code>
    /// </example>
    /// <remarks>A save is a server action. The last call counts.</remarks>
    /// <param name="options">The options of the context.</param>
    /// <param name="services">The application's services, with the cache.</param>
    /// <param name="configure">Changes how tags are held.</param>
    /// <returns>The options.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">The services have no cache: call <c>AddTagCacheClient</c>, or <c>AddTagCache</c> on a silo.</exception>
    public static DbContextOptionsBuilder UseTagCache(this DbContextOptionsBuilder options, IServiceProvider services, Action<TagCacheSaveOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        var settings = Configured(configure);
        var cache = settings.Namespace is { } name ? services.GetRequiredKeyedService<ITagCache>(name) : services.GetRequiredService<ITagCache>();
        var queue = (OutboxQueue?)services.GetService(typeof(OutboxQueue<>).MakeGenericType(options.Options.ContextType));
        return Use(options, new(SavedTags.Of(cache, services), settings, queue));
    }

    /// <inheritdoc cref="UseTagCache(DbContextOptionsBuilder, IServiceProvider, Action{TagCacheSaveOptions})"/>
    /// <typeparam name="TContext">The context.</typeparam>
    public static DbContextOptionsBuilder<TContext> UseTagCache<TContext>(this DbContextOptionsBuilder<TContext> options, IServiceProvider services, Action<TagCacheSaveOptions>? configure = null)
        where TContext : DbContext
    {
        UseTagCache((DbContextOptionsBuilder)options, services, configure);
        return options;
    }

    /// <summary>As <see cref="UseTagCache(DbContextOptionsBuilder, IServiceProvider, Action{TagCacheSaveOptions})"/>, with a cache instead of the services: without the application's log, metrics and outbox drainer.</summary>
    /// <param name="options">The options of the context.</param>
    /// <param name="cache">The cache.</param>
    /// <param name="configure">Changes how tags are held; <see cref="TagCacheSaveOptions.Namespace"/> is that of the cache.</param>
    /// <returns>The options.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static DbContextOptionsBuilder UseTagCache(this DbContextOptionsBuilder options, ITagCache cache, Action<TagCacheSaveOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(cache);
        return Use(options, new(SavedTags.Of(cache, null), Configured(configure), null));
    }

    /// <inheritdoc cref="UseTagCache(DbContextOptionsBuilder, ITagCache, Action{TagCacheSaveOptions})"/>
    /// <typeparam name="TContext">The context.</typeparam>
    public static DbContextOptionsBuilder<TContext> UseTagCache<TContext>(this DbContextOptionsBuilder<TContext> options, ITagCache cache, Action<TagCacheSaveOptions>? configure = null)
        where TContext : DbContext
    {
        UseTagCache((DbContextOptionsBuilder)options, cache, configure);
        return options;
    }

    private static TagCacheSaveOptions Configured(Action<TagCacheSaveOptions>? configure)
    {
        var options = new TagCacheSaveOptions();
        configure?.Invoke(options);
        return Ranges.Validate(name: null, options).Failures is { } faults
            ? throw new ArgumentException(string.Join(Environment.NewLine, faults), nameof(configure))
            : options;
    }

    private static DbContextOptionsBuilder Use(DbContextOptionsBuilder options, TagCacheOptionsExtension extension)
    {
        ((IDbContextOptionsBuilderInfrastructure)options).AddOrUpdateExtension(extension);
        IInterceptor[] interceptors = [SaveInterceptor.Instance, TransactionInterceptor.Instance, CommandInterceptor.Instance];
        return options.AddInterceptors(interceptors.Except(options.Options.FindExtension<CoreOptionsExtension>()?.Interceptors ?? []));
    }
}
