using Microsoft.CodeAnalysis;

namespace OrleansTagCache.Generators.Reading;

/// <summary>The types that mean something in the declaration of a cached method.</summary>
internal sealed class KnownTypes(Compilation compilation)
{
    public const string Attribute = "OrleansTagCache.CachedAttribute";

    public Compilation Compilation { get; } = compilation;

    public INamedTypeSymbol? Cache { get; } = compilation.GetTypeByMetadataName("OrleansTagCache.ITagCache");

    public INamedTypeSymbol? Context { get; } = compilation.GetTypeByMetadataName("OrleansTagCache.CacheContext");

    public INamedTypeSymbol? KeyPart { get; } = compilation.GetTypeByMetadataName("OrleansTagCache.ICacheKeyPart");

    public INamedTypeSymbol? NotInKey { get; } = compilation.GetTypeByMetadataName("OrleansTagCache.NotInKeyAttribute");

    public INamedTypeSymbol? Task { get; } = compilation.GetTypeByMetadataName("System.Threading.Tasks.Task`1");

    public INamedTypeSymbol? ValueTask { get; } = compilation.GetTypeByMetadataName("System.Threading.Tasks.ValueTask`1");

    public INamedTypeSymbol? CancellationToken { get; } = compilation.GetTypeByMetadataName("System.Threading.CancellationToken");

    public INamedTypeSymbol? Services { get; } = compilation.GetTypeByMetadataName("System.IServiceProvider");

    public bool IsCache(ITypeSymbol type) => Cache is not null && (Same(type, Cache) || type.AllInterfaces.Any(other => Same(other, Cache)));

    public static bool Same(ITypeSymbol? left, ITypeSymbol? right) => right is not null && SymbolEqualityComparer.Default.Equals(left, right);
}
