
namespace OrleansTagCache.Http;

/// <summary>The part <c>Access</c> of the section <c>TagCache</c>: who may call the HTTP API.</summary>
public sealed class ApiAccessOptions
{
    internal const string Section = $"{TagCacheOptions.Section}:Access";

    /// <summary>A JSON file with keys beside those of the configuration; read again when it changes. Default none.</summary>
    public string? File { get; set; }

    /// <summary>The keys by their names, as <c>keys create</c> prints them. Default none: the API answers programs on its own machine only.</summary>
    public Dictionary<string, ApiKeyOptions> Keys { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Why <see cref="File"/> cannot be used as it is now; null if it can.</summary>
    internal string? FileFault { get; set; }
}
