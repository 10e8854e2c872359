namespace OrleansTagCache.Hosting;

/// <summary>
/// A clock whose date only goes forward, at the pace of the monotonic one. Orleans orders by their dates when grains may be let go of, and creates none that would have to go before those
/// that have gone already: with a clock that was set back by an hour, none for an hour.
/// </summary>
/// <remarks>Thread-safe. Its date may differ from the machine's; it is for what only compares its own readings.</remarks>
internal class SteadyTime(TimeProvider time) : TimeProvider
{
    private readonly DateTimeOffset _begunAt = time.GetUtcNow();
    private readonly long _begun = time.GetTimestamp();

    public override long TimestampFrequency => time.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => time.LocalTimeZone;

    public override DateTimeOffset GetUtcNow() => _begunAt + time.GetElapsedTime(_begun);

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, dueTime, period);
}
