using System.Runtime.ExceptionServices;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Flights;

/// <summary>How far a flight is, and with it, who may still share its result.</summary>
internal enum FlightPhase : byte
{
    /// <summary>Nothing was asked yet. Whoever joins now asked before the flight did, and may take whatever it brings.</summary>
    Gathering = 0,

    /// <summary>The cluster was asked. An answer may be older than a caller who arrives now.</summary>
    Asking = 1,

    /// <summary>The factory runs under a token. Who arrives now may take the value if the cluster finds it live when it is committed.</summary>
    Generating = 2,

    /// <summary>The value is being committed: the cluster's word on it may be older than a caller who arrives now.</summary>
    Closing = 3,

    /// <summary>Over.</summary>
    Ended = 4,
}

/// <summary>What a flight brought.</summary>
/// <param name="Entry">The value, if there is one.</param>
/// <param name="Fault">What the factory threw, if it did: captured once, so that each caller's stack begins where the factory's ends, and not where the last caller's did.</param>
/// <param name="Said">The tags that the factory had named before it threw.</param>
internal sealed record FlightResult(EntrySnapshot? Entry, ExceptionDispatchInfo? Fault = null, string[]? Said = null)
{
    /// <summary>Nothing that this caller may take: it asks again.</summary>
    public static readonly FlightResult AskAgain = new(Entry: null);
}

/// <summary>
/// One process's single flight for a key: one question to the cluster, and, if the answer is a token, one run of the factory.
///
/// <para>Who may share what follows from one rule: nobody takes an answer that may be older than its own question. So those who came before
/// the flight asked take anything; all others gather in the next flight. They get the value if they came before its commit began and that found it
/// live; and they wait no longer than they would for another process.</para>
/// </summary>
/// <remarks>Guarded by <see cref="FlightTable"/>'s lock, but for the tasks. One caller leads: its factory runs, in its flow.</remarks>
internal sealed class Flight
{
    private readonly TaskCompletionSource<FlightResult> _early = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<FlightResult> _late = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _generating = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FlightPhase Phase { get; set; } = FlightPhase.Gathering;

    /// <summary>How many callers wait for it.</summary>
    public int Callers { get; set; }

    /// <summary>Whether anybody would take what it brings: of its own callers, or of those behind it.</summary>
    public bool IsWaitedFor => Callers > 0 || Next is { Callers: > 0 };

    /// <summary>The flight of those who may not share this one.</summary>
    public Flight? Next { get; set; }

    /// <summary>The flight that this one waits for; null once it does not any more, or each would keep all before it.</summary>
    public Flight? Previous { get; set; }

    /// <summary>Whether somebody joined who came after the previous flight began to commit, and so may not take its value.</summary>
    public bool MustAsk { get; set; }

    /// <summary>Whether its leader has gone, while its factory goes on for those who joined.</summary>
    public bool IsOrphaned { get; set; }

    /// <summary>Cancelled when nobody waits any more, or some time after the leader has gone.</summary>
    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>For those who came before it asked.</summary>
    public Task<FlightResult> Early => _early.Task;

    /// <summary>For the next flight.</summary>
    public Task<FlightResult> Late => _late.Task;

    /// <summary>Ends when a factory runs under a token, or the flight is over.</summary>
    public Task Generating => _generating.Task;

    public void HasBegunToGenerate() => _generating.TrySetResult();

    /// <summary>Ends it for both; only the first call counts.</summary>
    public void End(FlightResult early, FlightResult late)
    {
        _early.TrySetResult(early);
        _late.TrySetResult(late);
        _generating.TrySetResult();
    }
}
