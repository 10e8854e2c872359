using System.Globalization;
using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Nodes;

namespace OrleansTagCache.Simulation.Traces;

/// <summary>
/// A near cache beside that of one simulated client, made of the same pure types, as a client in another language has it: it takes revalidations for updates, keeps only what is fresh, and knows soft tags. What happens to it and what it says is
/// written down, line by line, for the other implementation to repeat.
/// </summary>
internal sealed class NearShadow : IKeySlots
{
    private readonly TagLedger _ledger = new(Terms.MaximumUnreferenced);
    private readonly Dictionary<string, Kept> _kept = [];
    private readonly List<OwnSession<int>> _sessions = [];
    private readonly Dictionary<object, (int Number, Stamp Stamp)> _asks = new(ReferenceEqualityComparer.Instance);
    private int _reads;

    private NearShadow() => _ledger.Add(this);

    /// <summary>The one of a new client; null where nothing is written down.</summary>
    public static NearShadow? Of(World world)
    {
        var shadow = world.Shadows is null ? null : new NearShadow();
        if (shadow is not null)
        {
            world.Shadows!.Add(shadow);
        }

        return shadow;
    }

    /// <summary>What happened: each line a name, its arguments, and last what came of it.</summary>
    public List<string> Lines { get; } = [];

    /// <summary>Before a question is sent.</summary>
    public void Asked(Ask ask)
    {
        _asks.Add(ask, (_asks.Count, _ledger.Stamp()));
        Write("ask", Ms(ask.At), _ledger.Stamp().Value);
    }

    public void Opened(int silo, long id, Moment askedAt, TimeSpan grant)
    {
        var session = new OwnSession<int>(new(Guid.Empty, id), silo);
        Grant(session, askedAt, grant);
        _sessions.Add(session);
        Write("open", _sessions.Count - 1, id, Ms(askedAt), Ms(grant));
    }

    /// <summary>A session was left by the client, on its own account or because its silo did not know it any more.</summary>
    public void Left(int silo, long id)
    {
        if (NumberOf(silo, id) is >= 0 and var number && _sessions[number] is { IsOver: false } session)
        {
            session.Leave();
            foreach (var kept in _kept.Values.Where(kept => kept.Session == session).ToList())
            {
                LetGo(kept.Value.Key);
            }

            Write("leave", number);
        }
    }

    /// <summary>A grant came with an answer, or with a heartbeat.</summary>
    public void Granted(int silo, long id, Moment askedAt, TimeSpan grant)
    {
        if (NumberOf(silo, id) is >= 0 and var number)
        {
            Grant(_sessions[number], askedAt, grant);
            Write("grant", number, Ms(askedAt), Ms(grant));
        }
    }

    /// <summary>An answer came that may be kept under a session, which it names.</summary>
    public void Answered(int silo, long id, Value value, Ask ask, TimeSpan age, TimeSpan fresh)
    {
        if (NumberOf(silo, id) is not (>= 0 and var place))
        {
            return;
        }

        var (tags, soft) = Split(value);
        var (number, stamp) = _asks[ask];
        var session = _sessions[place];
        var names = Array.ConvertAll([.. tags, "*", .. soft, KeyOf(value.Key)], Catalog.TagOfName);
        var isKept = !session.IsOver && _ledger.IsLive(names, stamp);
        if (isKept)
        {
            LetGo(value.Key);
            var slot = new Slot();
            var (records, _) = _ledger.Attach(names, TagId.OfKey(value.Key), slot, stamp);
            var madeAt = ask.At + -age;
            _kept[value.Key] = new(value, soft, stamp, records, slot, session, fresh == CacheLife.Forever ? null : madeAt + fresh);
        }

        Write("answer", place, number, IdOf(value), value.Key, Texts(tags), Texts(soft), Ms(age), fresh == CacheLife.Forever ? -1 : Ms(fresh), isKept);
    }

    /// <summary>Pushes were applied, and are acknowledged next.</summary>
    public void Pushed(int silo, long id, IEnumerable<TagId> tags)
    {
        var names = tags.Select(tag => tag.Kind == TagKind.Key ? KeyOf(tag.Name) : tag.Name).ToArray();
        _ledger.Expire(Array.ConvertAll(names, Catalog.TagOfName));
        Write("push", NumberOf(silo, id), Texts([.. tags.Where(tag => tag.Kind == TagKind.Tag).Select(tag => tag.Name)]), Texts([.. tags.Where(tag => tag.Kind == TagKind.Key).Select(tag => tag.Name)]), _ledger.Stamp().Value);
    }

    /// <summary>A read: what it is served, if anything. Some readers name a soft tag of which no silo was told.</summary>
    public void Read(Reading reading, Moment now)
    {
        var key = reading.Key;
        var soft = Split(key);
        if (++_reads % 5 == 0)
        {
            soft = [.. soft, "unheard"];
        }

        var kept = _kept.GetValueOrDefault(key);
        var isDead = kept is not null && (now >= kept.FreshUntil || kept.Session.IsOver || !_ledger.IsLive(kept.Records, kept.Stamp));
        var isServed = kept is not null && !isDead && kept.Session.IsValid(now) && soft.All(kept.Soft.Contains);
        if (isDead)
        {
            LetGo(key);
        }

        Write("read", key, Texts(soft), Ms(now), isServed ? IdOf(kept!.Value) : -1);
        if (isServed)
        {
            Checker.Returned(reading, kept!.Value, isStale: false, "near, in another language");
        }
    }

    KeySlot? IKeySlots.Find(TagId key) => _kept.GetValueOrDefault(key.Name)?.Slot;

    ValueTask IKeySlots.EndAll(TagRecord[] records, Stamp at) => default;

    /// <summary>The second of a key's tags is one of its readers alone, and not on the entry.</summary>
    private static (string[] Tags, string[] Soft) Split(Value value)
    {
        var soft = Split(value.Key);
        return ([.. value.Tags[..^2].Select(tag => tag.Name).Except(soft)], soft);
    }

    private static string[] Split(string key) => key switch
    {
        Catalog.K0 => [Catalog.B.Name],
        Catalog.K2 => [Catalog.C.Name],
        _ => [],
    };

    /// <summary>A key among the names of tags, which have no control characters.</summary>
    private static string KeyOf(string key) => $"\u0001{key}";

    private static void Grant(OwnSession<int> session, Moment askedAt, TimeSpan grant)
    {
        if (grant > TimeSpan.Zero)
        {
            session.Granted(askedAt, grant);
        }
    }

    private int NumberOf(int silo, long id) => _sessions.FindLastIndex(session => session.Silo == silo && session.Id.Number == id);

    private static int IdOf(Value value) => BitConverter.ToInt32(value.Payload.Bytes);

    private static double Ms(Moment moment) => (double)moment.Ticks / TimeSpan.TicksPerMillisecond;

    private static double Ms(TimeSpan duration) => (double)duration.Ticks / TimeSpan.TicksPerMillisecond;

    private static string Texts(IEnumerable<string> texts) => $"[{string.Join(',', texts.Select(text => $"\"{text}\""))}]";

    private void LetGo(string key)
    {
        if (_kept.Remove(key, out var old))
        {
            _ledger.Detach(old.Records, old.Slot);
        }
    }

    private void Write(string what, params object[] arguments) => Lines.Add($"[\"{what}\",{string.Join(',', arguments.Select(Written))}]");

    private static string Written(object argument) => argument switch
    {
        string text when text.StartsWith('[') => text,
        string text => $"\"{text}\"",
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new ArgumentException($"{argument} is of no kind that is written.", nameof(argument)),
    };

    private sealed record Kept(Value Value, string[] Soft, Stamp Stamp, TagRecord[] Records, Slot Slot, OwnSession<int> Session, Moment? FreshUntil);

    private sealed class Slot : KeySlot;
}
