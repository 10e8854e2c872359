using OrleansTagCache.Contracts;

namespace OrleansTagCache.Flights;

/// <summary>How far a flight is, and with it, who may still share its result.</summary>
internal enum FlightPhase : byte
{
    /// <summary>Nothing was asked yet. Whoever joins now asked before the flight did, and may take whatever it brings.</summary>
    Gathering = 0,

    /// <summary>The cluster was asked. An answer may be older than a caller who arrives now.</summary>
    Asking = 1,

    /// <summary>The factory runs under a token. Who joins now may take the value if the cluster finds it live when it is committed.</summary>
    Generating = 2,

    /// <summary>The value is being committed: the cluster's word on it may be older than a caller who arrives now.</summary>
    Closing = 3,

    /// <summary>Over.</summary>
    Ended = 4,
}

/// <summary>What a flight brought.</summary>
/// <param name="Entry">The value, if there is one.</param>
/// <param name="Fault">What the factory threw, if it did.</param>
internal sealed record FlightResult(EntrySnapshot? Entry, Exception? Fault)
{
    /// <summary>Nothing that this caller may take: it asks again.</summary>
    public static readonly FlightResult AskAgain = new(null, null);
}

/// <summary>
/// One process's single flight for a key: one question to the cluster, and, if the answer is a token, one run of the factory.
///
/// <para>Who may share what follows from one rule: nobody takes an answer that may be older than its own question. So those who came before
/// the flight asked take anything; those who came while the factory ran take the value only if the commit found it live; those who came
/// while a question or a commit was on its way share the next flight.</para>
/// </summary>
/// <remarks>Guarded by <see cref="FlightTable"/>'s lock, but for the two tasks. One caller leads: its factory runs, in its flow.</remarks>
internal sealed class Flight
{
    private readonly TaskCompletionSource<FlightResult> _early = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<FlightResult> _late = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FlightPhase Phase { get; set; } = FlightPhase.Gathering;

    /// <summary>How many callers wait for it.</summary>
    public int Callers { get; set; }

    /// <summary>The flight of those who may not share this one.</summary>
    public Flight? Next { get; set; }

    /// <summary>The flight that this one waits for.</summary>
    public Flight? Previous { get; init; }

    /// <summary>Whether somebody joined who came after the previous flight began to commit, and so may not take its value.</summary>
    public bool MustAsk { get; set; }

    /// <summary>Cancelled when nobody waits any more, or some time after the leader has gone.</summary>
    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>For those who came before it asked.</summary>
    public Task<FlightResult> Early => _early.Task;

    /// <summary>For those who came while the factory ran, and for the next flight.</summary>
    public Task<FlightResult> Late => _late.Task;

    /// <summary>Ends it for both; only the first call counts.</summary>
    public void End(FlightResult early, FlightResult late)
    {
        _early.TrySetResult(early);
        _late.TrySetResult(late);
    }
}
