using Microsoft.Extensions.Options;
using OrleansTagCache.Names;

namespace OrleansTagCache.Hosting;

/// <summary>Says everything that is wrong with a client's options, at once, at start-up.</summary>
internal sealed class TagCacheClientOptionsValidator : IValidateOptions<TagCacheClientOptions>
{
    public ValidateOptionsResult Validate(string? name, TagCacheClientOptions options)
    {
        var faults = new List<string>();
        Between(nameof(options.MaximumKeyLength), options.MaximumKeyLength, 1, NameLimits.KeyLength);
        Between(nameof(options.MaximumPayloadBytes), options.MaximumPayloadBytes, 1, 64 * 1024 * 1024);
        Between(nameof(options.ReadTimeout), options.ReadTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1));
        Between(nameof(options.WaitTimeout), options.WaitTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));
        Between(nameof(options.LoadTimeout), options.LoadTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
        Between(nameof(options.UpdateTimeout), options.UpdateTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
        Between(nameof(options.MaximumBackgroundRefreshes), options.MaximumBackgroundRefreshes, 1, 1_000);
        Between(nameof(options.OrphanedFactoryGrace), options.OrphanedFactoryGrace, TimeSpan.Zero, TimeSpan.FromHours(1));
        Between(nameof(options.NearCacheMaximumEntries), options.NearCacheMaximumEntries, 3, 10_000_000);
        Between(nameof(options.NearCacheMaximumBytes), options.NearCacheMaximumBytes, 1024 * 1024, long.MaxValue);
        if (!Enum.IsDefined(options.NearCache))
        {
            faults.Add($"{nameof(options.NearCache)} must be On or Off; it is {options.NearCache}.");
        }

        if (NameRules.Fault("namespace", options.Namespace, NameLimits.NamespaceLength) is { } fault)
        {
            faults.Add($"{nameof(options.Namespace)}: {fault}");
        }

        faults.AddRange(CacheLifeProfiles.Faults(options.Profiles));
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Between<T>(string option, T value, T least, T most)
            where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            {
                faults.Add($"{option} must be from {least} to {most}; it is {value}.");
            }
        }
    }
}
