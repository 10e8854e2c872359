using System.Runtime.CompilerServices;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Simulation.Nodes;
using OrleansTagCache.Simulation.Traces;

namespace OrleansTagCache.Simulation.Engine;

/// <summary>Who decides what happens next: a seeded source, or a search.</summary>
internal interface IChooser
{
    /// <summary>One of so many.</summary>
    int Choose(int count);
}

/// <summary>
/// The processes, the network between them, the membership table, and virtual time. It runs on one thread and does nothing by itself:
/// a search picks which of the pending events happens next.
/// </summary>
internal sealed class World
{
    private readonly List<Pending> _pending = [];
    private readonly HashSet<(Node, Node)> _cut = [];
    private readonly List<Value> _values = [];

    public World(IChooser chooser, Trace? trace, bool hasTimers)
    {
        (Chooser, Trace, HasTimers) = (chooser, trace, hasTimers);
        Table = new(this);
    }

    public Trace? Trace { get; }

    /// <summary>False in small configurations, where whatever a timer would do is a choice of the search.</summary>
    public bool HasTimers { get; }

    public IChooser Chooser { get; }

    public TimeSpan Time { get; private set; }

    public int Steps { get; private set; }

    public int Reads { get; set; }

    /// <summary>Reads that have begun and not returned.</summary>
    public int OpenReads { get; set; }

    public int Hits { get; set; }

    public int Changes { get; set; }

    /// <summary>How often each of these was done.</summary>
    public int[] Deeds { get; } = new int[Enum.GetValues<Deed>().Length];

    public List<Silo> Silos { get; } = [];

    public List<Client> Clients { get; } = [];

    /// <summary>What is written down of clients' near caches, for those in other languages; null if nothing is.</summary>
    public List<NearShadow>? Shadows { get; init; }

    public MembershipStore Table { get; }

    public Checker Checker { get; } = new();

    public IReadOnlyList<Pending> Pending => _pending;

    /// <summary>Where the entry grain of a key is found; the directory may be wrong, and change at any time.</summary>
    public Dictionary<string, Silo> Hosts { get; } = [];

    /// <summary>Which silo a key moved away from, while its new one may still find the value there.</summary>
    public Dictionary<string, Silo> Former { get; } = [];

    /// <summary>Which silo has copies of a key's values in case its owner falls silent.</summary>
    public Dictionary<string, Silo> Standbys { get; } = [];

    /// <summary>How long values of a key live, where that is not for ever.</summary>
    public Dictionary<string, Lifetime> Lifetimes { get; } = [];

    /// <summary>How factories may end; which of these is a choice.</summary>
    public Fate[] Fates { get; set; } = [Fate.Succeeds];

    /// <summary>How long a reader waits for another's generation.</summary>
    public TimeSpan Wait { get; set; }

    /// <summary>Whether a caller that is given its token twice generates twice.</summary>
    public bool HasTwins { get; set; }

    /// <summary>Whether there are updates of all of several tags: then others may run at some more moments.</summary>
    public bool HasJoint { get; set; }

    /// <summary>Keys that nothing that happens may expire: to generate them again breaks a promise.</summary>
    public HashSet<string> Untouched { get; } = [];

    /// <summary>What other threads and processes do in the middle of a turn; null if nothing.</summary>
    public Action? OtherThreads { get; set; }

    /// <summary>For each hold, the silos that it has reached itself.</summary>
    public Dictionary<UpdateId, HashSet<int>> Witnesses { get; } = [];

    public IEnumerable<Process> Processes => Silos.Concat<Process>(Clients);

    public void Add(Pending pending) => _pending.Add(pending);

    public void Forget(Node node) => _pending.RemoveAll(pending => pending.At == node);

    public bool IsEnabled(Pending pending) =>
        pending.At.IsRunning
        && (!pending.IsTimer || pending.Due <= pending.At.Now)
        && !(pending.From is { } from && IsCut(from, pending.At));

    public bool IsCut(Node one, Node other) => _cut.Count > 0 && (_cut.Contains((one, other)) || _cut.Contains((other, one)));

    public void Cut(Node one, Node other) => _cut.Add((one, other));

    public void HealAll() => _cut.Clear();

    /// <summary>Lets a pending event happen.</summary>
    public void Happen(Pending pending)
    {
        _pending.Remove(pending);
        Steps++;
        var origin = pending.IsMessage ? $"<- {pending.From}: " : pending.IsTimer ? "timer: " : string.Empty;
        Note(pending.At, $"{origin}{pending.Text}{(pending.IsRepeat ? " (repeated)" : string.Empty)}");
        Try(pending.Run);
    }

    /// <summary>In the middle of a turn of that node: whatever other threads and processes do. The turn ends here if the node is gone then.</summary>
    public void Interleave(Node node)
    {
        OtherThreads?.Invoke();
        if (node.IsGone)
        {
            throw new GoneException();
        }
    }

    /// <summary>The same where only updates of all of several tags make a difference.</summary>
    public void InterleaveJoint(Node node)
    {
        if (HasJoint)
        {
            Interleave(node);
        }
    }

    public void Did(Deed deed) => Deeds[(int)deed]++;

    /// <summary>A hold has reached a silo itself.</summary>
    public void Witnessed(UpdateId hold, Silo by)
    {
        if (!Witnesses.TryGetValue(hold, out var witnesses))
        {
            Witnesses.Add(hold, witnesses = []);
        }

        witnesses.Add(by.Id);
    }

    /// <summary>Whether every silo that a hold has reached itself is declared dead: others may have it from one of them, and need not.</summary>
    public bool IsLost(UpdateId hold) => Witnesses[hold].All(silo => Table.StatusOf(silo) == RowStatus.Dead);

    /// <summary>A value that a factory makes now.</summary>
    public Value Generate(string key)
    {
        if (Untouched.Contains(key))
        {
            throw new BrokenPromiseException($"{key} is generated again, and nothing has expired it that should have.");
        }

        var (tags, late) = Catalog.TagsOf(key);
        var value = Checker.Generate(key, tags, late) with { Payload = new(BitConverter.GetBytes(_values.Count), null) };
        _values.Add(value);
        return value;
    }

    public Value ValueOf(Payload payload) => _values[BitConverter.ToInt32(payload.Bytes)];

    public Lifetime LifetimeOf(string key) => Lifetimes.GetValueOrDefault(key, Lifetime.Long);

    /// <summary>How a factory that begins now is to end.</summary>
    public Fate NextFate() => Fates[Fates.Length == 1 ? 0 : Chooser.Choose(Fates.Length)];

    /// <summary>A factory that has begun ends at some time.</summary>
    public void Run(Node node, string text, Action then)
    {
        if (HasTimers)
        {
            node.After(TimeSpan.FromMilliseconds(Chooser.Choose(6) == 0 ? Chooser.Choose(500) : Chooser.Choose(40)), text, then);
        }
        else
        {
            node.Soon(text, then);
        }
    }

    /// <summary>The network loses a message.</summary>
    public void Lose(Pending pending)
    {
        _pending.Remove(pending);
        Steps++;
        Note(pending.At, $"LOST from {pending.From!}: {pending.Text}");
    }

    /// <summary>The network delivers a message twice.</summary>
    public void Repeat(Pending pending) => _pending.Add(pending with { IsRepeat = true });

    /// <summary>Lets everything that is pending happen in the order in which it came, but for what is held back.</summary>
    public void RunAll(string? heldBack = null) => RunAll(pending => heldBack is not null && pending.Text.StartsWith(heldBack, StringComparison.Ordinal));

    /// <summary>The same, for what is held back by other things than its text.</summary>
    public void RunAll(Predicate<Pending> isHeldBack)
    {
        while (_pending.Find(pending => IsEnabled(pending) && !isHeldBack(pending)) is { } next)
        {
            Happen(next);
        }
    }

    /// <summary>Something begins, or goes wrong, that was not pending.</summary>
    public void Do(object who, string what, Action run)
    {
        Steps++;
        Note(who, $"{what}");
        Try(run);
    }

    public void Advance(TimeSpan by)
    {
        Steps++;
        Time += by;
    }

    public void Note(object who, [InterpolatedStringHandlerArgument("")] Noted what) => Trace?.Add(this, who, what.ToString());

    private static void Try(Action run)
    {
        try
        {
            run();
        }
        catch (GoneException)
        {
            // The process crashed in the middle of it.
        }
    }

    /// <summary>A process is gone, and with it the turn that it was in.</summary>
    private sealed class GoneException : Exception;
}
