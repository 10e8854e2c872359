using Microsoft.Extensions.Options;
using OrleansTagCache.Names;

namespace OrleansTagCache.Hosting;

/// <summary>Says everything that is wrong with a silo's options, at once, at start-up.</summary>
internal sealed class TagCacheOptionsValidator : IValidateOptions<TagCacheOptions>
{
    private const long MiB = 1024 * 1024;

    public ValidateOptionsResult Validate(string? name, TagCacheOptions options)
    {
        var faults = new List<string>();
        Between(nameof(options.ServingLease), options.ServingLease, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        Between(nameof(options.SessionLease), options.SessionLease, TimeSpan.FromMilliseconds(200), TimeSpan.FromMinutes(5));
        Between(nameof(options.UpdateTimeout), options.UpdateTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
        Between(nameof(options.GenerationLease), options.GenerationLease, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        Between(nameof(options.FailSafeThrottle), options.FailSafeThrottle, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        Between(nameof(options.MaximumLoads), options.MaximumLoads, 1, 1_000);
        Between(nameof(options.RefreshReminderPeriod), options.RefreshReminderPeriod, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        Between(nameof(options.MaximumBytes), options.MaximumBytes, MiB, long.MaxValue);
        Between(nameof(options.MaximumEntries), options.MaximumEntries ?? 1, 1, long.MaxValue);
        Between(nameof(options.MaximumPayloadBytes), options.MaximumPayloadBytes, 1, 64 * MiB);
        Between(nameof(options.MaximumRememberedTags), options.MaximumRememberedTags, 1_000, int.MaxValue);
        Between(nameof(options.MaximumSessions), options.MaximumSessions, 1, int.MaxValue);
        Between(nameof(options.MaximumInterest), options.MaximumInterest, 100, int.MaxValue);
        Between(nameof(options.NearCacheMaximumEntries), options.NearCacheMaximumEntries, 3, 10_000_000);
        Between(nameof(options.NearCacheMaximumBytes), options.NearCacheMaximumBytes, MiB, long.MaxValue);
        if (!Enum.IsDefined(options.NearCache))
        {
            faults.Add($"{Key(nameof(options.NearCache))} must be On or Off; it is {options.NearCache}.");
        }

        if (!Enum.IsDefined(options.LeaseLossBehavior))
        {
            faults.Add($"{Key(nameof(options.LeaseLossBehavior))} must be Bypass or ServeStale; it is {options.LeaseLossBehavior}.");
        }

        if (options.SessionLease > options.ServingLease)
        {
            faults.Add($"{Key(nameof(options.SessionLease))} ({options.SessionLease}) must not be longer than {Key(nameof(options.ServingLease))} ({options.ServingLease}).");
        }

        if (NameRules.Fault("namespace", options.Namespace, NameLimits.NamespaceLength) is { } fault)
        {
            faults.Add($"{Key(nameof(options.Namespace))}: {fault}");
        }

        faults.AddRange(CacheLifeProfiles.Faults(options.Profiles));
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void Between<T>(string option, T value, T least, T most)
            where T : IComparable<T>
        {
            if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            {
                faults.Add($"{Key(option)} must be from {least} to {most}; it is {value}.");
            }
        }
    }

    private static string Key(string option) => $"{TagCacheOptions.Section}:{option}";
}
