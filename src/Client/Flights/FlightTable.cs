namespace OrleansTagCache.Flights;

/// <summary>What one flight is for. Readers that refuse stale values do not fly with those that take them, nor those that store with those that do not.</summary>
internal readonly record struct FlightKey(string Key, string ScopedKey, bool FreshOnly, ReadMode Mode = ReadMode.Cached)
{
    /// <summary>The scoped key has the key in it.</summary>
    public bool Equals(FlightKey other) =>
        FreshOnly == other.FreshOnly && Mode == other.Mode && string.Equals(ScopedKey, other.ScopedKey, StringComparison.Ordinal);

    public override int GetHashCode() => HashCode.Combine(ScopedKey, FreshOnly, Mode);
}

/// <summary>The flights of a process, under <see cref="FlightRules{TKey, TFlight}"/>.</summary>
/// <remarks>Thread-safe: one lock, held for a few field writes.</remarks>
internal sealed class FlightTable(TimeProvider time, TimeSpan orphanGrace)
{
    private readonly Lock _gate = new();
    private readonly FlightRules<FlightKey, Flight> _rules = new();

    /// <inheritdoc cref="FlightRules{TKey, TFlight}.Join"/>
    public (Flight Flight, FlightRole Role) Join(FlightKey key)
    {
        lock (_gate)
        {
            return _rules.Join(key);
        }
    }

    /// <summary>Whether a flight for the key has begun to ask.</summary>
    public bool IsUnderWay(FlightKey key)
    {
        lock (_gate)
        {
            return _rules.TryFind(key, out var flight) && flight.Phase != FlightPhase.Gathering;
        }
    }

    /// <inheritdoc cref="FlightRules{TKey, TFlight}.TryLead"/>
    public Flight? TryLead(FlightKey key)
    {
        lock (_gate)
        {
            return _rules.TryLead(key);
        }
    }

    /// <inheritdoc cref="FlightRules{TKey, TFlight}.TryEnter"/>
    public bool TryEnter(Flight flight, FlightPhase phase)
    {
        lock (_gate)
        {
            if (!FlightRules<FlightKey, Flight>.TryEnter(flight, phase))
            {
                return false;
            }
        }

        if (phase == FlightPhase.Generating)
        {
            flight.HasBegunToGenerate();
        }

        return true;
    }

    /// <inheritdoc cref="FlightRules{TKey, TFlight}.TryPass"/>
    public bool TryPass(FlightKey key, Flight flight)
    {
        lock (_gate)
        {
            return _rules.TryPass(key, flight);
        }
    }

    /// <summary>Ends a flight and lets the next one begin. Only the first call counts.</summary>
    /// <param name="key">What it was for.</param>
    /// <param name="flight">The flight.</param>
    /// <param name="early">For those who came before it asked.</param>
    /// <param name="late">For the next flight: a value if the commit found it live.</param>
    public void End(FlightKey key, Flight flight, FlightResult early, FlightResult late)
    {
        Flight? served;
        lock (_gate)
        {
            if (!_rules.TryEnd(key, flight, isLive: late.Entry is not null, out served))
            {
                return;
            }
        }

        served?.End(late, late);
        flight.End(early, late);
    }

    /// <inheritdoc cref="FlightRules{TKey, TFlight}.Leave"/>
    public void Leave(Flight flight, FlightRole role, bool mayGoOn)
    {
        bool isCancelled;
        Flight? unwanted;
        lock (_gate)
        {
            (isCancelled, unwanted) = FlightRules<FlightKey, Flight>.Leave(flight, role, mayGoOn);
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

    private async Task CancelAfterGrace(Flight flight)
    {
        var ended = await Task.WhenAny(flight.Early, Task.Delay(orphanGrace, time)).ConfigureAwait(false);
        if (ended != flight.Early)
        {
            await flight.Cancellation.CancelAsync().ConfigureAwait(false);
        }
    }
}
