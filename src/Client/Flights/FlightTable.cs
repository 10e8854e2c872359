
namespace OrleansTagCache.Flights;

/// <summary>A caller's part in a flight.</summary>
internal enum FlightRole : byte
{
    /// <summary>Runs it.</summary>
    Leader = 0,

    /// <summary>Came before it asked.</summary>
    Follower = 1,
}

/// <summary>What one flight is for. Readers that refuse stale values do not fly with those that take them, nor those that store with those that do not.</summary>
internal readonly record struct FlightKey(string Key, string ScopedKey, bool FreshOnly, ReadMode Mode = ReadMode.Cached)
{
    /// <summary>The scoped key has the key in it.</summary>
    public bool Equals(FlightKey other) =>
        FreshOnly == other.FreshOnly && Mode == other.Mode && string.Equals(ScopedKey, other.ScopedKey, StringComparison.Ordinal);

    public override int GetHashCode() => HashCode.Combine(ScopedKey, FreshOnly, Mode);
}

/// <summary>The flights of a process: one that newcomers meet under a key, and at most one gathering behind it.</summary>
/// <remarks>Thread-safe: one lock, held for a few field writes.</remarks>
internal sealed class FlightTable(TimeProvider time, TimeSpan orphanGrace)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<FlightKey, Flight> _flights = [];

    /// <summary>Joins the flight that this caller may share, or leads a new one.</summary>
    public (Flight Flight, FlightRole Role) Join(FlightKey key)
    {
        lock (_gate)
        {
            if (_flights.TryGetValue(key, out var flight))
            {
                return flight.Phase == FlightPhase.Gathering ? Share(flight) : JoinNext(flight);
            }

            flight = new() { Callers = 1 };
            _flights.Add(key, flight);
            return (flight, FlightRole.Leader);
        }
    }

    /// <summary>Whether a flight for the key has begun to ask.</summary>
    public bool IsUnderWay(FlightKey key)
    {
        lock (_gate)
        {
            return _flights.TryGetValue(key, out var flight) && flight.Phase != FlightPhase.Gathering;
        }
    }

    /// <summary>Leads a new flight if there is none for the key.</summary>
    public Flight? TryLead(FlightKey key)
    {
        lock (_gate)
        {
            var flight = new Flight { Callers = 1 };
            return _flights.TryAdd(key, flight) ? flight : null;
        }
    }

    /// <summary>The flight goes on to its next phase. False if it is over: the one before it has served it.</summary>
    public bool TryEnter(Flight flight, FlightPhase phase)
    {
        lock (_gate)
        {
            if (flight.Phase == FlightPhase.Ended)
            {
                return false;
            }

            flight.Phase = phase;
        }

        if (phase == FlightPhase.Generating)
        {
            flight.HasBegunToGenerate();
        }

        return true;
    }

    /// <summary>The flight waits no longer for the one before it: from now on newcomers meet it instead. False if it is over.</summary>
    public bool TryPass(FlightKey key, Flight flight)
    {
        lock (_gate)
        {
            if (flight.Previous is { } previous)
            {
                flight.Previous = null;
                if (previous.Next == flight)
                {
                    previous.Next = null;
                    _flights[key] = flight;
                }
            }

            return flight.Phase != FlightPhase.Ended;
        }
    }

    /// <summary>Ends a flight and lets the next one begin. Only the first call counts.</summary>
    public void End(FlightKey key, Flight flight, FlightResult early, FlightResult late)
    {
        lock (_gate)
        {
            if (flight.Phase == FlightPhase.Ended)
            {
                return;
            }

            flight.Phase = FlightPhase.Ended;
            if (flight.Previous is { } previous && previous.Next == flight)
            {
                // Its leader went while it still waited: newcomers are not to meet what is over.
                previous.Next = null;
            }

            var next = flight.Next;
            (flight.Previous, flight.Next) = (null, null);
            if (next is not null && late.Entry is not null && !next.MustAsk)
            {
                // All of them came before the commit: the value is theirs too. Whoever comes from now on finds neither flight.
                next.Phase = FlightPhase.Ended;
                next.End(late, late);
                next = null;
            }

            if (_flights.GetValueOrDefault(key) == flight)
            {
                if (next is not null)
                {
                    _flights[key] = next;
                }
                else
                {
                    _flights.Remove(key);
                }
            }
        }

        flight.End(early, late);
    }

    /// <summary>A caller goes away before the end: the last one cancels the flight, the leader too, or gives it a moment for those who joined.</summary>
    /// <param name="flight">The flight.</param>
    /// <param name="role">The caller's part in it.</param>
    /// <param name="mayGoOn">Whether the leader's factory may run without its caller.</param>
    public void Leave(Flight flight, FlightRole role, bool mayGoOn)
    {
        bool isCancelled;
        Flight? unwanted;
        lock (_gate)
        {
            // What a leader still makes when its flight is over is for itself alone.
            flight.IsOrphaned |= role == FlightRole.Leader;
            flight.Callers--;
            isCancelled = !flight.IsWaitedFor || (role == FlightRole.Leader && (!mayGoOn || flight.Phase == FlightPhase.Ended));

            // Whoever waits for the next flight waits for this one too: so may those before have gone, and now the last behind them.
            unwanted = flight.Previous is { IsWaitedFor: false } previous ? previous : null;
        }

        unwanted?.Cancellation.Cancel();
        if (isCancelled)
        {
            flight.Cancellation.Cancel();
        }
        else if (role == FlightRole.Leader)
        {
            _ = CancelAfterGrace(flight);
        }
    }

    private static (Flight Flight, FlightRole Role) Share(Flight flight)
    {
        flight.Callers++;
        return (flight, FlightRole.Follower);
    }

    private static (Flight Flight, FlightRole Role) JoinNext(Flight flight)
    {
        var mustAsk = flight.Phase == FlightPhase.Closing;
        if (flight.Next is { } next)
        {
            next.MustAsk |= mustAsk;
            return Share(next);
        }

        flight.Next = new() { Callers = 1, Previous = flight, MustAsk = mustAsk };
        return (flight.Next, FlightRole.Leader);
    }

    private async Task CancelAfterGrace(Flight flight)
    {
        var ended = await Task.WhenAny(flight.Early, Task.Delay(orphanGrace, time)).ConfigureAwait(false);
        if (ended != flight.Early)
        {
            await flight.Cancellation.CancelAsync().ConfigureAwait(false);
        }
    }
}
