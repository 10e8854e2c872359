using System.Runtime.ExceptionServices;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Flights;

/// <summary>What a flight brought.</summary>
/// <param name="Entry">The value, if there is one.</param>
/// <param name="Fault">What the factory threw, if it did: captured once, so that each caller's stack begins where the factory's ends, and not where the last caller's did.</param>
/// <param name="Said">The tags that the factory had named before it threw.</param>
/// <param name="IsWithheld">Whether what is made from the value must not be stored.</param>
internal sealed record FlightResult(EntrySnapshot? Entry, ExceptionDispatchInfo? Fault = null, string[]? Said = null, bool IsWithheld = false)
{
    /// <summary>Nothing that this caller may take: it calls again.</summary>
    public static readonly FlightResult AskAgain = new(Entry: null);
}

/// <summary>One process's single flight for a key. Who may share it is decided by <see cref="FlightRules{TKey, TFlight}"/>.</summary>
/// <remarks>Guarded by <see cref="FlightTable"/>'s lock, but for the tasks. One caller leads: its factory runs, in its flow.</remarks>
internal sealed class Flight : FlightState<Flight>
{
    private readonly TaskCompletionSource<FlightResult> _early = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<FlightResult> _late = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _generating = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Cancelled when no caller waits any more, or some time after the leader has gone.</summary>
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
