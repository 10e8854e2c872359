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
