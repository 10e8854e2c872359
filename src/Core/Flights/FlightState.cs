namespace OrleansTagCache.Flights;

/// <summary>How far a flight is, and with it, who may still share its result.</summary>
internal enum FlightPhase : byte
{
    /// <summary>The cluster has not been asked yet. A caller that joins now came before the request was sent, and may take whatever it brings.</summary>
    Gathering = 0,

    /// <summary>The cluster was asked, or a factory runs without its consent. An answer may be older than a caller that arrives now.</summary>
    Asking = 1,

    /// <summary>The factory runs under a token. A caller that arrives now may take the value if the cluster finds it live when it is committed.</summary>
    Generating = 2,

    /// <summary>The value is being committed: the cluster's verdict on it may be older than a caller that arrives now.</summary>
    Closing = 3,

    /// <summary>Over.</summary>
    Ended = 4,
}

/// <summary>A caller's part in a flight.</summary>
internal enum FlightRole : byte
{
    /// <summary>Runs it.</summary>
    Leader = 0,

    /// <summary>Came before it asked, and shares its result.</summary>
    Follower = 1,
}

/// <summary>What <see cref="FlightRules{TKey, TFlight}"/> knows of one flight.</summary>
/// <typeparam name="TFlight">The flight's own type.</typeparam>
/// <remarks>Not thread-safe: its owner guards it.</remarks>
internal abstract class FlightState<TFlight>
    where TFlight : FlightState<TFlight>
{
    public FlightPhase Phase { get; set; } = FlightPhase.Gathering;

    /// <summary>How many callers wait for it.</summary>
    public int Callers { get; set; }

    /// <summary>Whether any caller would take what it brings: of its own, or of the flight behind it.</summary>
    public bool IsWaitedFor => Callers > 0 || Next is { Callers: > 0 };

    /// <summary>The flight of those who may not share this one.</summary>
    public TFlight? Next { get; set; }

    /// <summary>The flight that this one waits for; null once it does not any more, or each would keep all before it.</summary>
    public TFlight? Previous { get; set; }

    /// <summary>Whether a caller joined that came after the previous flight began to commit, and so may not take its value.</summary>
    public bool MustAsk { get; set; }

    /// <summary>Whether its leader has gone, while its factory goes on for those who joined.</summary>
    public bool IsOrphaned { get; set; }
}
