using System.Globalization;
using OrleansTagCache.Http.Authentication;
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

    /// <summary>When it ends, as ISO 8601 with an offset; null never.</summary>
    public string? Expires { get; set; }

    internal IEnumerable<string> Faults(string path, string id)
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
    internal ApiKey ToKey(string id)
    {
        DateTimeOffset? expires = TryReadExpiry(Expires, out var moment) ? moment : null;
        return ScopeNames.TryParse(Scopes, out var scopes)
            ? new(id, Convert.FromHexString(Hash!), CacheNamespace.Parse(Namespace), scopes, expires)
            : throw new InvalidOperationException($"The key {id} has faults.");
    }

    internal static bool TryReadExpiry(string? text, out DateTimeOffset moment) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out moment);
}
