using OrleansTagCache.Names;

namespace OrleansTagCache.Contracts;

/// <summary>One schedule of a cluster. Its identity is the namespace, the name, and a digest of what it does and when: another definition is another schedule.</summary>
[Alias("otc.IScheduleGrain")]
internal interface IScheduleGrain : IGrainWithStringKey
{
    /// <summary>A silo has this schedule in its options, and says so again and again; when none has said so for a while, nothing is run any more.</summary>
    /// <param name="terms">What is run when.</param>
    /// <param name="reached">What the silo was answered last; null if nothing.</param>
    /// <returns>Up to when every due time was run or passed over; null while that is not known.</returns>
    [Alias("Keep"), ResponseTimeout("00:00:05")]
    ValueTask<DateTimeOffset?> Keep(ScheduleTerms terms, DateTimeOffset? reached);

    /// <summary>What became of it last.</summary>
    [Alias("Describe"), ResponseTimeout("00:00:05")]
    ValueTask<ScheduleProgress> Describe();
}

/// <summary>What became of a schedule last.</summary>
/// <param name="LastDue">The due time that is run, or was run or passed over last; null if none is known.</param>
/// <param name="Outcome">What became of it.</param>
[GenerateSerializer, Immutable, Alias("otc.ScheduleProgress")]
internal sealed record ScheduleProgress([property: Id(0)] DateTimeOffset? LastDue, [property: Id(1)] ScheduleOutcome Outcome);

/// <summary>What became of a due time.</summary>
[GenerateSerializer, Alias("otc.ScheduleOutcome")]
internal enum ScheduleOutcome
{
    /// <summary>Nothing is known.</summary>
    None = 0,

    /// <summary>It is run just now.</summary>
    Running = 1,

    /// <summary>It was run.</summary>
    Ran = 2,

    /// <summary>It was passed over.</summary>
    Skipped = 3,

    /// <summary>It failed, and is tried again.</summary>
    Failed = 4,
}

/// <summary>What a schedule does, and when.</summary>
/// <param name="Name">Its name, for people.</param>
/// <param name="Tags">The tags.</param>
/// <param name="Cron">The due times.</param>
/// <param name="TimeZone">The time zone of those.</param>
/// <param name="StaleFor">For a revalidation, how long entries may be served stale; null for an update.</param>
/// <param name="SkipsMissed">Whether due times that passed while no silo was running are passed over.</param>
[GenerateSerializer, Immutable, Alias("otc.ScheduleTerms")]
internal sealed record ScheduleTerms(
    [property: Id(0)] string Name,
    [property: Id(1)] TagId[] Tags,
    [property: Id(2)] string Cron,
    [property: Id(3)] string TimeZone,
    [property: Id(4)] TimeSpan? StaleFor,
    [property: Id(5)] bool SkipsMissed);
