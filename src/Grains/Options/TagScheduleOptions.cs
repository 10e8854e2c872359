namespace OrleansTagCache;

/// <summary>What a schedule does with its tags.</summary>
public enum ScheduledAction
{
    /// <summary>Its tags become stale: what loaders made is refreshed in the background, everything else by its next reader.</summary>
    Revalidate = 0,

    /// <summary>Its tags expire in every process.</summary>
    Update = 1,
}

/// <summary>What becomes of due times that passed while no silo was running.</summary>
public enum MissedRuns
{
    /// <summary>The last of them is run when the cluster is there again, the others are not.</summary>
    RunOnce = 0,

    /// <summary>None of them is run if it is more than a minute old.</summary>
    Skip = 1,
}

/// <summary>One schedule, <c>TagCache:Schedules:NAME</c>: which tags the cluster revalidates or updates, and when.</summary>
public sealed class TagScheduleOptions
{
    /// <summary>The tags; <c>*</c> for all entries of the namespace. 1 to 128.</summary>
    public string[] Tags { get; set; } = [];

    /// <summary>
    /// The due times as a cron expression: minute, hour, day of the month, month, day of the week; with a sixth field in front, seconds. For example <c>0 */6 * * *</c>. Also <c>L</c>, <c>W</c> and <c>#</c>, and <c>@hourly</c>, <c>@daily</c>,
    /// <c>@weekly</c>, <c>@monthly</c>, <c>@yearly</c>.
    /// </summary>
    public string Cron { get; set; } = string.Empty;

    /// <summary>
    /// The time zone that the expression is meant in, by its IANA name such as <c>Europe/Berlin</c>. Default <c>UTC</c>. A time that the clocks skip in spring is run when they have gone forward. One that they repeat in autumn
    /// is run the first time only, unless the expression names an interval, such as <c>*/15</c>, which goes on through both.
    /// </summary>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>What is done with the tags. Default <see cref="ScheduledAction.Revalidate"/>.</summary>
    [KnownValue]
    public ScheduledAction Action { get; set; }

    /// <summary>The profile of a revalidation: for how long at most its entries are served stale. Default <c>max</c>.</summary>
    public string? Profile { get; set; }

    /// <summary>The namespace of the tags; that of the silo if it is not set.</summary>
    public string? Namespace { get; set; }

    /// <summary>What becomes of due times that passed while no silo was running. Default <see cref="MissedRuns.RunOnce"/>.</summary>
    [KnownValue]
    public MissedRuns Missed { get; set; }
}
