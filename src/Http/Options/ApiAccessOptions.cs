
namespace OrleansTagCache.Http;

/// <summary>The part <c>Access</c> of the section <c>TagCache</c>: who may call the HTTP API.</summary>
public sealed class ApiAccessOptions
{
    internal const string Section = $"{TagCacheOptions.Section}:Access";

    /// <summary>
    /// A JSON file with keys beside those of the configuration. It is read again within seconds when it changes, and when the configuration names another one. While it cannot be read, or has faults, the keys stay as
    /// they were, and an error is logged; at start-up it is fatal. Default none.
    /// </summary>
    public string? File { get; set; }

    /// <summary>
    /// Whether programs on this machine may call without a key, with every scope, as long as there are no keys. Default null: only where the environment of the host is <c>Development</c>; the silo program
    /// allows it everywhere. Elsewhere, without keys, every call is refused. Never set it behind a reverse proxy on the same machine: unless the proxy adds a header that says so, its calls cannot be told from local ones.
    /// </summary>
    public bool? AllowLocalWithoutKeys { get; set; }

    /// <summary>The keys by their names, as <c>keys create</c> prints them. Default none: see <see cref="AllowLocalWithoutKeys"/>.</summary>
    public Dictionary<string, ApiKeyOptions> Keys { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Why <see cref="File"/> cannot be used as it is now; null if it can.</summary>
    internal string? FileFault { get; set; }

    /// <summary>The content of <see cref="File"/> that these keys were read from; null if there is no file.</summary>
    internal string? FileContent { get; set; }
}
