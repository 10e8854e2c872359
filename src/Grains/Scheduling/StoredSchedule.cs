namespace OrleansTagCache.Scheduling;

/// <summary>How far a schedule is, as it is kept in grain storage.</summary>
[GenerateSerializer, Alias("otc.StoredSchedule")]
internal sealed class StoredSchedule
{
    /// <summary>The due time whose run has begun last. If it is later than <see cref="Reached"/>, that run may have been interrupted, and is repeated.</summary>
    [Id(0)]
    public DateTimeOffset? Begun { get; set; }

    /// <summary>Up to when every due time was run or passed over; null if it has none yet.</summary>
    [Id(1)]
    public DateTimeOffset? Reached { get; set; }

    /// <summary>The due time that was run or passed over last, for people; null if there is none yet.</summary>
    [Id(2)]
    public DateTimeOffset? LastDue { get; set; }

    /// <summary>Whether <see cref="LastDue"/> was passed over.</summary>
    [Id(3)]
    public bool WasSkipped { get; set; }
}
