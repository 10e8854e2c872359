using OrleansTagCache.Names;

namespace OrleansTagCache.Diagnostics;

/// <summary>The tags that have metrics of their own, as the options name them: by name, or by what their names begin with.</summary>
/// <param name="Names">Whole names.</param>
/// <param name="Prefixes">What the names of others begin with.</param>
internal sealed record TagMetricPatterns(HashSet<string> Names, string[] Prefixes)
{
    private const int MaximumPatterns = 100;

    public static TagMetricPatterns Of(string[] patterns) => new(
        patterns.Where(pattern => !pattern.EndsWith('*')).ToHashSet(StringComparer.Ordinal),
        [.. patterns.Where(pattern => pattern.EndsWith('*')).Select(pattern => pattern[..^1])]);

    /// <summary>Everything that is wrong with them in a silo's options, each fault beginning with the setting.</summary>
    public static IEnumerable<string> Faults(TagCacheOptions options)
    {
        if (options.MetricTags is not { } patterns)
        {
            yield return $"{nameof(options.MetricTags)} must not be null.";
            yield break;
        }

        if (patterns.Length > MaximumPatterns)
        {
            yield return $"{nameof(options.MetricTags)} has {patterns.Length} names and patterns; at most {MaximumPatterns} are possible.";
        }

        var areSound = true;
        for (var i = 0; i < patterns.Length; i++)
        {
            if (NameRules.Fault("tag", patterns[i], NameLimits.TagLength) is { } fault)
            {
                areSound = false;
                yield return $"{nameof(options.MetricTags)}:{i}: {fault}";
            }
        }

        if (areSound && Of(patterns).Names.Count is var names && names > options.MaximumMetricTags)
        {
            yield return $"{nameof(options.MaximumMetricTags)} ({options.MaximumMetricTags}) must not be less than the number of names in {SettingFaults.Setting(nameof(options.MetricTags))} ({names}).";
        }
    }
}
