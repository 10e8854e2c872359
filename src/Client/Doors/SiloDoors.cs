using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Placement;

namespace OrleansTagCache.Doors;

/// <summary>
/// The doors of the silos as this process knows them: which silo an entry or a tag belongs to is computed, and a door is reached by one hop. What is known
/// may be old; then a door has no answer, and the grain itself is asked.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class SiloDoors(IGrainFactory grains, IDoorReach reach, TimeProvider time, ILogger<SiloDoors> logger)
{
    /// <summary>How long what is known is used before it is asked for again, behind a question.</summary>
    private static readonly TimeSpan LookPeriod = TimeSpan.FromSeconds(5);

    /// <summary>How often at most, when a door did not answer or was the wrong one.</summary>
    private static readonly TimeSpan LeastLookPeriod = TimeSpan.FromMilliseconds(500);

    private Known _known = Known.Nothing;
    private long _nextLook = Moment.Past.Ticks;
    private int _isLooking;

    /// <summary>The door of the silo that an entry or a tag belongs to; null while it is not known, or does not answer.</summary>
    public SiloDoorway? Find(string scoped)
    {
        var now = time.Now();
        if (now.Ticks >= Volatile.Read(ref _nextLook))
        {
            Look(now);
        }

        var known = Volatile.Read(ref _known);
        return known.Owners.OwnerOf(scoped) is { } owner && known.Doors.TryGetValue(owner, out var door) && door.IsOpen(now) ? door : null;
    }

    /// <summary>A door did not answer or was the wrong one: silos may have come or gone.</summary>
    public void Doubt() => Volatile.Write(ref _nextLook, Math.Min(Volatile.Read(ref _nextLook), (time.Now() + LeastLookPeriod).Ticks));

    private void Look(Moment now)
    {
        if (Interlocked.Exchange(ref _isLooking, 1) == 0)
        {
            Volatile.Write(ref _nextLook, (now + LookPeriod).Ticks);

            // In nobody's context: a grain's turn that asks must not be held up, nor hold this up.
            ThreadPool.UnsafeQueueUserWorkItem(static doors => _ = doors.LookNow(), this, preferLocal: false);
        }
    }

    private async Task LookNow()
    {
        try
        {
            var known = Volatile.Read(ref _known);
            Dictionary<SiloAddress, SiloDoorway> doors = [];
            var silos = await grains.GetGrain<IDoorsGrain>(0).Find().ConfigureAwait(false);
            foreach (var (silo, identity) in await reach.Identities(silos).ConfigureAwait(false))
            {
                doors.Add(silo, known.Doors.GetValueOrDefault(silo) ?? new(grains.GetGrain<IDoorService>(identity), time));
            }

            Volatile.Write(ref _known, new(known.Owners.With(silos.Select(door => door.Silo)), doors));
        }
        catch (Exception exception)
        {
            LogNotFound(exception);
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    [LoggerMessage(2111, LogLevel.Debug, "The silos' doors were not found; entries are asked one by one")]
    private partial void LogNotFound(Exception exception);

    private sealed record Known(Rendezvous Owners, Dictionary<SiloAddress, SiloDoorway> Doors)
    {
        public static readonly Known Nothing = new(Rendezvous.OfNone, []);
    }
}
