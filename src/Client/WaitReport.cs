using System.Globalization;
using System.Text;

namespace OrleansTagCache;

/// <summary>What a call waited for, how long, and how this process and its connection to the cluster were when it gave up. It names silos and processes, never keys, values or tags.</summary>
/// <remarks>Immutable. <see cref="ToString"/> tells it in a few sentences, in at most 2,000 characters; how to read them is told in the documentation, under "Errors".</remarks>
public sealed record WaitReport
{
    private const int Longest = 2_000;

    /// <summary>What the call was: <c>update</c>, <c>revalidation</c>, <c>set</c>, <c>removal</c>, <c>hold</c>, <c>load</c>, <c>list of keys</c> or <c>read</c>.</summary>
    public required string Operation { get; init; }

    /// <summary>How long it waited. Much more than <see cref="Limit"/> means that this process could not run its own timers in time.</summary>
    public required TimeSpan Waited { get; init; }

    /// <summary>How long it was to be tried; zero if it was not to wait at all.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>How many of these attempts a silo has answered, though not with what was asked for.</summary>
    public int Answers { get; init; }

    /// <summary>Who had not acknowledged when a silo last answered, at most eight: what an update waits for. Empty if no silo has told.</summary>
    public IReadOnlyList<WaitedForProcess> WaitsFor { get; init; } = [];

    /// <summary>Whether this process was connected to the cluster at its end.</summary>
    public bool IsConnected { get; init; }

    /// <summary>How long ago a silo last answered any call of this process; null if none has.</summary>
    public TimeSpan? LastAnswer { get; init; }

    /// <summary>The silo that answered last, as far as it is known.</summary>
    public string? LastSilo { get; init; }

    /// <summary>The silos that this process knows and that did not answer its last message, at most eight.</summary>
    public IReadOnlyList<string> SilentSilos { get; init; } = [];

    /// <summary>How many calls of this kind were under way in this process: updates, sets, removals, holds, loads and lists of keys, this one among them.</summary>
    public int CallsInFlight { get; init; }

    /// <summary>Threads of this process's pool.</summary>
    public int PoolThreads { get; init; }

    /// <summary>How many threads the pool has at once; more come slowly.</summary>
    public int PoolMinimum { get; init; }

    /// <summary>Pieces of work that wait for a thread of the pool.</summary>
    public long PoolQueued { get; init; }

    /// <summary>For how long collections of garbage have stopped this process while the call waited.</summary>
    public TimeSpan CollectorPauses { get; init; }

    /// <summary>Whether more work waited for threads than there are threads: then answers lie there unread, and the fault is in this process, not in the cluster.</summary>
    public bool IsPoolStarved => PoolQueued > Math.Max(PoolThreads, PoolMinimum);

    /// <summary>It in a few sentences.</summary>
    public override string ToString()
    {
        var waits = WaitsFor.Count > 0 ? $" Not acknowledged by {string.Join("; ", WaitsFor)}." : string.Empty;
        return Bounded($"It waited {Seconds(Waited)} of {Seconds(Limit)}, in {Count(Attempts)} attempts, {Count(Answers)} of them answered.{waits} {State()}");
    }

    /// <summary>How this process and its connection were, in a few sentences.</summary>
    internal string State()
    {
        var text = new StringBuilder();
        text.Append(!IsConnected ? "This process is not connected to the cluster."
            : LastAnswer is not { } ago ? "No silo has answered this process yet."
            : LastSilo is null ? $"A silo last answered this process {Seconds(ago)} ago."
            : $"A silo last answered this process {Seconds(ago)} ago: {LastSilo}.");
        if (SilentSilos.Count > 0)
        {
            Say($" Silent: {string.Join(", ", SilentSilos)}.");
        }

        Say($" Calls in flight: {CallsInFlight}. Thread pool: {PoolThreads} threads (minimum {PoolMinimum}), {PoolQueued} queued{(IsPoolStarved ? ", which is starvation" : string.Empty)}.");
        Say($" Collections of garbage stopped it for {Seconds(CollectorPauses)}.");
        return Bounded(text.ToString());

        void Say(FormattableString sentence) => text.Append(sentence.ToString(CultureInfo.InvariantCulture));
    }

    private static string Bounded(string text) => text.Length > Longest ? text[..Longest] : text;

    private static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);

    internal static string Seconds(TimeSpan time) => $"{time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)} s";
}

/// <summary>A process that had not acknowledged.</summary>
/// <param name="Name">A silo's address, or a client's machine and process id.</param>
/// <param name="Silo">Of a client, the silo whose entries it keeps near; null of a silo.</param>
/// <param name="WaitedFor">For how long it had been waited for when the silo that coordinates answered.</param>
/// <param name="LeaseLeft">Of a client, what was left of its lease: it was waited for that long at most. Null of a silo.</param>
/// <param name="IsDead">Whether it is a silo that was declared dead: its lease was waited out.</param>
public sealed record WaitedForProcess(string Name, string? Silo, TimeSpan WaitedFor, TimeSpan? LeaseLeft, bool IsDead)
{
    /// <summary>Whether it is a client; otherwise it is a silo, or one of its clients, of which the others do not know.</summary>
    public bool IsClient => Silo is not null;

    /// <summary>It in a few words.</summary>
    public override string ToString() => IsClient
        ? $"client {Name} of silo {Silo}, for {WaitReport.Seconds(WaitedFor)}{(LeaseLeft is { } left ? $", {WaitReport.Seconds(left)} of its lease left" : string.Empty)}"
        : $"silo {Name} or a client of it, for {WaitReport.Seconds(WaitedFor)}{(IsDead ? ", declared dead: its lease is waited out" : string.Empty)}";
}
