namespace OrleansTagCache.Contracts;

/// <summary>What one silo knows of the warm-ups and the schedules of a namespace, for people who look at them.</summary>
/// <param name="WarmUps">Those that silos remember, and those that are offered to a grain on this silo; in ordinal order.</param>
/// <param name="Schedules">Those of this silo's settings, in ordinal order.</param>
[GenerateSerializer, Immutable, Alias("otc.WarmUpsOnSilo")]
internal sealed record WarmUpsOnSilo([property: Id(0)] WarmUpReport[] WarmUps, [property: Id(1)] ScheduleReport[] Schedules);

/// <summary>One warm-up as a silo knows it.</summary>
/// <param name="Name">Its name, without the namespace.</param>
/// <param name="Loader">The loader, if it is offered or remembered.</param>
/// <param name="Mark">What the silo remembers; null if nothing.</param>
[GenerateSerializer, Immutable, Alias("otc.WarmUpReport")]
internal sealed record WarmUpReport([property: Id(0)] string Name, [property: Id(1)] string? Loader, [property: Id(2)] WarmUpMark? Mark);

/// <summary>One schedule of a silo's settings.</summary>
/// <param name="Key">The identity of its grain.</param>
/// <param name="Terms">What it does, and when.</param>
[GenerateSerializer, Immutable, Alias("otc.ScheduleReport")]
internal sealed record ScheduleReport([property: Id(0)] string Key, [property: Id(1)] ScheduleTerms Terms);
