using Microsoft.Extensions.Options;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Scheduling;
using OrleansTagCache.WarmUps;

namespace OrleansTagCache;

/// <summary>Says everything that is wrong with a silo's options, at once, at start-up.</summary>
internal sealed class TagCacheOptionsValidator : IValidateOptions<TagCacheOptions>
{
    private readonly TagCacheOptionsRanges _ranges = new();

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, TagCacheOptions options) =>
        SettingFaults.Result(_ranges.Validate(name, options), [.. Rules(options), .. ScheduleRules.Faults(options), .. WarmUpRules.Faults(options), .. TagMetricPatterns.Faults(options), .. SettingFaults.OfCache(options)]);

    private static IEnumerable<string> Rules(TagCacheOptions options)
    {
        if (options.SessionLease > options.ServingLease)
        {
            yield return $"{nameof(options.SessionLease)} ({options.SessionLease}) must not be longer than {SettingFaults.Setting(nameof(options.ServingLease))} ({options.ServingLease}).";
        }
    }
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class TagCacheOptionsRanges : IValidateOptions<TagCacheOptions>;
