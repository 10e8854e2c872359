using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using OrleansTagCache.Names;

namespace OrleansTagCache.Scheduling;

/// <summary>What schedules must be like in the options.</summary>
internal static partial class ScheduleRules
{
    private const int MaximumSchedules = 1_000;

    private static readonly ScheduleValues Values = new();

    /// <summary>Everything that is wrong with the schedules of a silo, each fault beginning with the setting.</summary>
    public static IEnumerable<string> Faults(TagCacheOptions options)
    {
        if (options.Schedules.Count > MaximumSchedules)
        {
            yield return $"{nameof(options.Schedules)} has {options.Schedules.Count} schedules; at most {MaximumSchedules} are possible.";
        }

        foreach (var (name, schedule) in options.Schedules)
        {
            var path = $"{nameof(options.Schedules)}:{name}";
            if (!Name().IsMatch(name))
            {
                yield return $"{path}: the name of a schedule has 1 to 64 of a-z, 0-9 and '-'.";
            }

            if (schedule is null)
            {
                yield return $"{path} must not be null.";
                continue;
            }

            foreach (var value in Values.Validate(null, schedule).Failures ?? [])
            {
                yield return $"{path}:{value}";
            }

            foreach (var fault in Faults(schedule, options))
            {
                yield return $"{path}:{fault}";
            }
        }
    }

    private static IEnumerable<string> Faults(TagScheduleOptions schedule, TagCacheOptions options)
    {
        if (schedule.Tags is null or [] || schedule.Tags.Length > NameLimits.TagsPerCall)
        {
            yield return $"Tags must be 1 to {NameLimits.TagsPerCall} tags.";
        }

        foreach (var tag in schedule.Tags ?? [])
        {
            if (NameRules.Fault("tag", tag, NameLimits.TagLength) is { } fault)
            {
                yield return $"Tags: {fault}";
            }
        }

        if (FaultOf(() => DueTimes.Parse(schedule.Cron ?? string.Empty, "UTC")) is { } cron)
        {
            yield return $"Cron: {cron}";
        }

        if (FaultOf(() => DueTimes.Parse("@daily", schedule.TimeZone ?? string.Empty)) is { } zone)
        {
            yield return $"TimeZone: {zone}";
        }

        if (schedule.Namespace is not null && NameRules.Fault("namespace", schedule.Namespace, NameLimits.NamespaceLength) is { } space)
        {
            yield return $"Namespace: {space}";
        }

        if (schedule.Profile is not { } profile)
        {
            yield break;
        }

        if (schedule.Action != ScheduledAction.Revalidate)
        {
            yield return "Profile applies only to revalidations, but the action of this schedule is Update.";
        }

        if (CacheLifeProfiles.Fault(CacheLife.Profile(profile), options.Profiles) is { } unknown)
        {
            yield return $"Profile: {unknown}";
        }
    }

    private static string? FaultOf(Action parse)
    {
        try
        {
            parse();
            return null;
        }
        catch (FormatException fault)
        {
            return fault.Message;
        }
    }

    [GeneratedRegex("^[a-z0-9-]{1,64}\\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}

/// <summary>The rules that the attributes of the options state.</summary>
[OptionsValidator]
internal sealed partial class ScheduleValues : IValidateOptions<TagScheduleOptions>;
