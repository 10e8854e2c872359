using System.Diagnostics.CodeAnalysis;
using OrleansTagCache.Coherence;

namespace OrleansTagCache.Flights;

/// <summary>
/// Who may share a flight: one process's single request to the cluster for a key, and, if the answer is a token, one run of the factory.
///
/// <para><b>Rule.</b> No caller takes an answer that may be older than its own call (invariant F1). Callers that came before the flight asked take anything; all others gather in
/// the next flight. They get the value if they came before its commit began and the commit found it live; else their flight asks for itself.</para>
///
/// <para>There is one flight that newcomers meet under a key, and at most one that gathers behind it.</para>
/// </summary>
/// <typeparam name="TKey">What a flight is for.</typeparam>
/// <typeparam name="TFlight">What its owner keeps of a flight.</typeparam>
/// <remarks>Not thread-safe, and free of clocks and tasks: its owner guards it, and tells callers what was decided.</remarks>
internal sealed class FlightRules<TKey, TFlight>
    where TKey : notnull
    where TFlight : FlightState<TFlight>, new()
{
    private readonly Dictionary<TKey, TFlight> _flights = [];

    /// <summary>Joins the flight that this caller may share, or leads a new one. A leader whose flight has a previous one waits for it first.</summary>
    public (TFlight Flight, FlightRole Role) Join(TKey key)
    {
        if (!_flights.TryGetValue(key, out var flight))
        {
            flight = new() { Callers = 1 };
            _flights.Add(key, flight);
            return (flight, FlightRole.Leader);
        }

        var isOpen = flight.Phase == FlightPhase.Gathering || (flight.Phase == FlightPhase.Asking && !ProtocolRules.AskingClosesAFlight);
        return isOpen ? Share(flight) : JoinNext(flight);
    }

    /// <summary>The flight that newcomers meet.</summary>
    public bool TryFind(TKey key, [NotNullWhen(true)] out TFlight? flight) => _flights.TryGetValue(key, out flight);

    /// <summary>Leads a new flight if there is none for the key.</summary>
    public TFlight? TryLead(TKey key)
    {
        var flight = new TFlight { Callers = 1 };
        return _flights.TryAdd(key, flight) ? flight : null;
    }

    /// <summary>The flight goes on to its next phase. False if it is over: the one before it has served it.</summary>
    public static bool TryEnter(TFlight flight, FlightPhase phase)
    {
        if (flight.Phase == FlightPhase.Ended)
        {
            return false;
        }

        flight.Phase = phase;
        return true;
    }

    /// <summary>The flight waits no longer for the one before it: from now on newcomers meet it instead. False if it is over.</summary>
    public bool TryPass(TKey key, TFlight flight)
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

    /// <summary>Ends a flight and lets the next one begin. Only the first call counts.</summary>
    /// <param name="key">What it was for.</param>
    /// <param name="flight">The flight.</param>
    /// <param name="isLive">Whether it has made a value that its commit found live.</param>
    /// <param name="served">The next flight, if the value is for its callers too: it is over as well.</param>
    /// <returns>False if it was over already.</returns>
    public bool TryEnd(TKey key, TFlight flight, bool isLive, out TFlight? served)
    {
        served = null;
        if (flight.Phase == FlightPhase.Ended)
        {
            return false;
        }

        flight.Phase = FlightPhase.Ended;
        if (flight.Previous is { } previous && previous.Next == flight)
        {
            // Its leader went while it still waited: newcomers must not meet what is over.
            previous.Next = null;
        }

        var next = flight.Next;
        (flight.Previous, flight.Next) = (null, null);
        if (next is not null && isLive && !next.MustAsk)
        {
            // All of its callers came before the commit. A caller that comes from now on finds neither flight.
            next.Phase = FlightPhase.Ended;
            (served, next) = (next, null);
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

        return true;
    }

    /// <summary>A caller goes away before the end: the last one cancels the flight; so does the leader, unless its factory may go on for those who joined.</summary>
    /// <param name="flight">The flight.</param>
    /// <param name="role">The caller's part in it.</param>
    /// <param name="mayGoOn">Whether the leader's factory may run without its caller.</param>
    /// <returns>Whether the flight is to be cancelled, and the flight before it, if that is to be cancelled too.</returns>
    public static (bool IsCancelled, TFlight? Unwanted) Leave(TFlight flight, FlightRole role, bool mayGoOn)
    {
        // What a leader still makes when its flight is over is for itself alone.
        flight.IsOrphaned |= role == FlightRole.Leader;
        flight.Callers--;
        var isCancelled = !flight.IsWaitedFor || (role == FlightRole.Leader && (!mayGoOn || flight.Phase == FlightPhase.Ended));

        // Callers of the next flight wait for this one too: its own may have gone before, and now the last behind them.
        return (isCancelled, flight.Previous is { IsWaitedFor: false } previous ? previous : null);
    }

    private static (TFlight Flight, FlightRole Role) Share(TFlight flight)
    {
        flight.Callers++;
        return (flight, FlightRole.Follower);
    }

    private static (TFlight Flight, FlightRole Role) JoinNext(TFlight flight)
    {
        var mustAsk = flight.Phase == FlightPhase.Closing && ProtocolRules.CommittingClosesAFlight;
        if (flight.Next is { } next)
        {
            next.MustAsk |= mustAsk;
            return Share(next);
        }

        flight.Next = new() { Callers = 1, Previous = flight, MustAsk = mustAsk };
        return (flight.Next, FlightRole.Leader);
    }
}
