using Microsoft.Extensions.Options;
using OrleansTagCache.Names;

namespace OrleansTagCache;

/// <summary>Says everything that is wrong with the options of a process at once: the settings by their names in the configuration.</summary>
internal static class SettingFaults
{
    /// <summary>The rules of every cache that no attribute holds.</summary>
    public static IEnumerable<string> OfCache(TagCacheClientOptions options)
    {
        if (NameRules.Fault("namespace", options.Namespace, NameLimits.NamespaceLength) is { } fault)
        {
            yield return $"{nameof(options.Namespace)}: {fault}";
        }

        if (CacheLifeProfiles.Fault(options.DefaultLife, options.Profiles) is { } unknown)
        {
            yield return $"{nameof(options.DefaultLife)}: {unknown}";
        }

        foreach (var profile in CacheLifeProfiles.Faults(options.Profiles))
        {
            yield return profile;
        }
    }

    /// <param name="ranges">What the attributes found.</param>
    /// <param name="rules">What else was found, each fault beginning with the name of the setting.</param>
    public static ValidateOptionsResult Result(ValidateOptionsResult ranges, IEnumerable<string> rules)
    {
        string[] faults = [.. (ranges.Failures ?? []).Concat(rules).Select(fault => Setting(fault))];
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    /// <summary>The setting as it is named in the configuration.</summary>
    public static string Setting(string name) => $"{TagCacheClientOptions.Section}:{name}";
}
