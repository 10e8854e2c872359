using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata.Conventions.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Mapping;
using OrleansTagCache.Outbox;
using OrleansTagCache.Updating;

namespace OrleansTagCache.Saving;

/// <summary>What the options of a context say of the cache.</summary>
internal sealed class TagCacheOptionsExtension(SavedTags saved, TagCacheSaveOptions options, OutboxQueue? queue) : IDbContextOptionsExtension
{
    private DbContextOptionsExtensionInfo? _info;

    public SavedTags Saved => saved;

    public TagCacheSaveOptions Options => options;

    /// <summary>Where the drainer of this process listens; null if there is none.</summary>
    public OutboxQueue? Queue => queue;

    public DbContextOptionsExtensionInfo Info => _info ??= new ExtensionInfo(this);

    /// <summary>Of a context; null if it does not use the cache.</summary>
    public static TagCacheOptionsExtension? Of(DbContext context) => context.GetService<IDbContextOptions>().FindExtension<TagCacheOptionsExtension>();

    /// <inheritdoc cref="Of"/>
    /// <exception cref="InvalidOperationException">It does not use the cache.</exception>
    public static TagCacheOptionsExtension Required(DbContext context) =>
        Of(context) ?? throw new InvalidOperationException($"The options of {context.GetType().Name} do not use the cache: call options.UseTagCache(...).");

    public void ApplyServices(IServiceCollection services) => new EntityFrameworkServicesBuilder(services).TryAdd<IConventionSetPlugin, CacheTagsConvention>();

    public void Validate(IDbContextOptions options)
    {
    }

    private sealed class ExtensionInfo(IDbContextOptionsExtension extension) : DbContextOptionsExtensionInfo(extension)
    {
        public override bool IsDatabaseProvider => false;

        public override string LogFragment => "using TagCache ";

        /// <summary>All contexts share EF's services: what differs is in the options.</summary>
        public override int GetServiceProviderHashCode() => 0;

        public override bool ShouldUseSameServiceProvider(DbContextOptionsExtensionInfo other) => other is ExtensionInfo;

        public override void PopulateDebugInfo(IDictionary<string, string> debugInfo) => debugInfo["TagCache"] = "1";
    }
}
