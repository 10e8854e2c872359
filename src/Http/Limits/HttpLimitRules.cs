using Microsoft.Extensions.Options;

namespace OrleansTagCache.Http.Limits;

/// <summary>What the limits must be like in the options.</summary>
internal static class HttpLimitRules
{
    private static readonly HttpLimitRanges Ranges = new();

    /// <summary>Everything that is wrong with them.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="maximumPayloadBytes">The largest value that the silo takes: one must fit.</param>
    public static IEnumerable<string> Faults(HttpLimitOptions limits, long maximumPayloadBytes)
    {
        foreach (var range in Ranges.Validate(null, limits).Failures ?? [])
        {
            yield return Setting(range);
        }

        if (limits.BodyBytes >= 1 && limits.BodyBytes < maximumPayloadBytes)
        {
            yield return $"{Setting(nameof(limits.BodyBytes))} ({limits.BodyBytes}) must not be less than {SettingFaults.Setting(nameof(TagCacheOptions.MaximumPayloadBytes))} ({maximumPayloadBytes}).";
        }
    }

    private static string Setting(string fault) => SettingFaults.Setting($"{nameof(TagCacheHttpOptions.Limits)}:{fault}");
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class HttpLimitRanges : IValidateOptions<HttpLimitOptions>;
