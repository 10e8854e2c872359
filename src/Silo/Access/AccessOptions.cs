using System.Globalization;
using OrleansTagCache.Hosting;
using OrleansTagCache.Names;

namespace OrleansTagCache.Silo.Access;

/// <summary>The part <c>Access</c> of the section <c>TagCache</c>: who may call the HTTP API.</summary>
internal sealed class AccessOptions
{
    public const string Section = $"{TagCacheOptions.Section}:Access";

    /// <summary>A JSON file with keys beside those of the configuration; read again when it changes.</summary>
    public string? File { get; set; }

    /// <summary>The keys by their names. None: loopback only.</summary>
    public Dictionary<string, KeyOptions> Keys { get; set; } = new(StringComparer.Ordinal);

    public IEnumerable<string> Faults() => Keys.SelectMany(key => key.Value.Faults($"{Section}:Keys:{key.Key}", key.Key));
}

/// <summary>One key as it is stored: never the key itself.</summary>
internal sealed class KeyOptions
{
    /// <summary>SHA-256 of the key, as hexadecimal digits.</summary>
    public string? Hash { get; set; }

    /// <summary>The only namespace that its holder reaches.</summary>
    public string Namespace { get; set; } = CacheNamespace.Default.Value;

    /// <summary>What its holder may do there: <c>read,write,invalidate,admin</c> or some of them.</summary>
    public string? Scopes { get; set; }

    /// <summary>When it ends, as ISO 8601 with an offset; null never.</summary>
    public string? Expires { get; set; }

    public IEnumerable<string> Faults(string path, string id)
    {
        if (!ApiKeyText.IsId(id))
        {
            yield return $"{path}: the name of a key has {ApiKeyText.IdLength} letters and digits; make keys by the command 'keys create'.";
        }

        if (Hash is not { Length: 64 } || !Hash.All(char.IsAsciiHexDigit))
        {
            yield return $"{path}:Hash must be the 64 hexadecimal digits that 'keys create' prints.";
        }

        if (NameRules.Fault("namespace", Namespace, NameLimits.NamespaceLength) is { } fault)
        {
            yield return $"{path}:Namespace: {fault}";
        }

        if (!ScopeNames.TryParse(Scopes, out _))
        {
            yield return $"{path}:Scopes must be some of {ScopeNames.Known}, separated by commas; it is '{Scopes}'.";
        }

        if (Expires is not null && !TryReadExpiry(Expires, out _))
        {
            yield return $"{path}:Expires must be a moment such as 2027-01-31T00:00:00Z; it is '{Expires}'.";
        }
    }

    /// <summary>The key, once <see cref="Faults"/> has found nothing.</summary>
    public ApiKey ToKey(string id)
    {
        DateTimeOffset? expires = TryReadExpiry(Expires, out var moment) ? moment : null;
        return ScopeNames.TryParse(Scopes, out var scopes)
            ? new(id, Convert.FromHexString(Hash!), CacheNamespace.Parse(Namespace), scopes, expires)
            : throw new InvalidOperationException($"The key {id} has faults.");
    }

    public static bool TryReadExpiry(string? text, out DateTimeOffset moment) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out moment);
}

/// <summary>One key as calls are checked against it.</summary>
internal sealed record ApiKey(string Id, byte[] Hash, CacheNamespace Namespace, Scopes Scopes, DateTimeOffset? Expires);
