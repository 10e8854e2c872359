using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Moving;

/// <summary>How many bytes a second leave this silo with entries that move, over all its ways.</summary>
/// <remarks>Thread-safe. Those who want to send wait in turn until the bytes before theirs have had their time.</remarks>
internal sealed class MoveRate(long bytesPerSecond, TimeProvider time)
{
    private readonly Lock _gate = new();
    private Moment _freeAt = Moment.Past;

    /// <summary>Waits until so many bytes may be sent.</summary>
    public Task Pass(long bytes, CancellationToken cancellationToken)
    {
        TimeSpan wait;
        lock (_gate)
        {
            var now = time.Now();
            var begin = Moment.Later(now, _freeAt);
            _freeAt = begin + TimeSpan.FromSeconds(bytes / (double)bytesPerSecond);
            wait = begin - now;
        }

        return wait > TimeSpan.Zero ? Task.Delay(wait, time, cancellationToken) : Task.CompletedTask;
    }
}
