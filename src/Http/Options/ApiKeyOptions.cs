using OrleansTagCache.Names;

namespace OrleansTagCache.Http;

/// <summary>One key as it is stored: never the key itself.</summary>
public sealed class ApiKeyOptions
{
    /// <summary>SHA-256 of the key, as 64 hexadecimal digits.</summary>
    public string? Hash { get; set; }

    /// <summary>The only namespace that its holder reaches. Default <c>default</c>.</summary>
    public string Namespace { get; set; } = CacheNamespace.Default.Value;

    /// <summary>What its holder may do there: <c>read,write,invalidate,admin</c> or some of them.</summary>
    public string? Scopes { get; set; }

    /// <summary>When it ends, as ISO 8601 with an offset; null if it never expires.</summary>
    public string? Expires { get; set; }
}
