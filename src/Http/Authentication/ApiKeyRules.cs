using System.Globalization;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Authentication;

/// <summary>What API keys must be like in the options.</summary>
internal static class ApiKeyRules
{
    /// <summary>Everything that is wrong with the keys, and with their file.</summary>
    public static IEnumerable<string> Faults(ApiAccessOptions access) =>
        (access.FileFault is null ? [] : new[] { access.FileFault }).Concat(access.Keys.SelectMany(key => Faults($"{ApiAccessOptions.Section}:{nameof(access.Keys)}:{key.Key}", key.Key, key.Value)));

    public static bool TryReadExpiry(string? text, out DateTimeOffset moment) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out moment);

    private static IEnumerable<string> Faults(string path, string id, ApiKeyOptions key)
    {
        if (!ApiKeyText.IsId(id))
        {
            yield return $"{path}: the name of a key has {ApiKeyText.IdLength} letters and digits; create keys with 'keys create'.";
        }

        if (key.Hash is not { Length: 64 } || !key.Hash.All(char.IsAsciiHexDigit))
        {
            yield return $"{path}:Hash must be the 64 hexadecimal digits that 'keys create' prints.";
        }

        if (NameRules.Fault("namespace", key.Namespace, NameLimits.NamespaceLength) is { } fault)
        {
            yield return $"{path}:Namespace: {fault}";
        }

        if (!ScopeNames.TryParse(key.Scopes, out _))
        {
            yield return $"{path}:Scopes must be some of {ScopeNames.Known}, separated by commas; it is '{key.Scopes}'.";
        }

        if (key.Expires is not null && !TryReadExpiry(key.Expires, out _))
        {
            yield return $"{path}:Expires must be a moment such as 2027-01-31T00:00:00Z; it is '{key.Expires}'.";
        }
    }
}
