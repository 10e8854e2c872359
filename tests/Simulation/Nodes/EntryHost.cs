using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>The entry grains that are activated on one silo. Two silos may both have one of the same key: nothing rests on there being one.</summary>
internal sealed class EntryHost(Silo silo)
{
    private readonly Dictionary<string, Entry> _entries = [];
    private long _issued;

    /// <summary>Answers a read: a value with the terms to keep it on, or a token, or neither.</summary>
    public void Acquire(string key, SessionId[] named, Action<Answer> reply)
    {
        var entry = EntryOf(key);
        if (!silo.IsServing && !Mutants.Is(Mutant.TokenBeforeServing))
        {
            reply(new(AnswerStatus.NotServing));
            return;
        }

        var (session, unknown) = silo.Sessions.Find(named);
        var freshness = entry.Value is { } stored && silo.IsServing ? FreshnessOf(stored) : Freshness.Expired;
        if (freshness == Freshness.Fresh)
        {
            var value = entry.Value!.Value;
            OnTerms(
                session,
                unknown,
                value,
                () => silo.IsServing && entry.Value is { } now && now.Value == value ? FreshnessOf(now) : Freshness.Expired,
                (_, terms) => reply(new(AnswerStatus.Fresh, value, TokenId.None, terms)));
            return;
        }

        var isInFlight = entry.Gate.InFlight(silo.Now) is not null;
        var token = isInFlight ? TokenId.None : Grant(entry);
        var keepTerms = KeepTerms.None with { Unknown = unknown };
        reply(freshness == Freshness.Stale
            ? new(AnswerStatus.Stale, entry.Value!.Value, token, keepTerms)
            : new(isInFlight ? AnswerStatus.Busy : AnswerStatus.Miss, null, token, keepTerms));
    }

    /// <summary>Stores what was generated, if all of it may still be believed.</summary>
    public void Commit(string key, TokenId token, Value value, SessionId[] named, Action<Answer> reply)
    {
        var entry = EntryOf(key);
        if (entry.Gate.Take(token, silo.Now) is not { } generation)
        {
            reply(new(AnswerStatus.UnknownToken));
            return;
        }

        var (session, unknown) = silo.Sessions.Find(named);
        OnTerms(
            session,
            unknown,
            value,
            () => Keep(entry, Mutants.Is(Mutant.StampAfterFactory) ? silo.Ledger.Stamp() : generation.Stamp, value),
            (found, terms) => reply(new(found switch
            {
                Freshness.Fresh => AnswerStatus.Stored,
                Freshness.Stale => AnswerStatus.StoredStale,
                _ => AnswerStatus.Superseded,
            }, null, TokenId.None, terms)));
    }

    public void BeginSet(string key, Action<TokenId> reply)
    {
        if (silo.IsServing)
        {
            reply(EntryOf(key).Gate.GrantSet(NextId(), silo.Ledger.Stamp(), silo.Now, Terms.GenerationLease).Id);
        }
    }

    public void Set(string key, TokenId token, Value value, Action<bool> reply)
    {
        var entry = EntryOf(key);
        if (entry.Gate.TakeSet(token, silo.Now) is { } set)
        {
            Set(entry, set.Stamp, value, reply);
        }
    }

    public void SetOnArrival(string key, Value value, Action<bool> reply) => Set(EntryOf(key), silo.Ledger.Stamp(), value, reply);

    public void Remove(string key, Action<bool> reply) => silo.Fanout.Begin([Catalog.TagOf(key)], null, reply);

    /// <summary>The table evicts it, or the activation ends; a token that is out is lost with the activation.</summary>
    public void Drop(string key, bool withGate)
    {
        if (_entries.TryGetValue(key, out var entry))
        {
            Replace(entry, null);
            if (withGate)
            {
                _entries.Remove(key);
            }
        }
    }

    /// <summary>Interest first, check second: each in a turn of its own, so that an expiry may come in between (invariant C3).</summary>
    private void OnTerms(IssuedSession? session, SessionId[] unknown, Value value, Func<Freshness> check, Action<Freshness, KeepTerms> then)
    {
        if (session is null)
        {
            then(check(), KeepTerms.None with { Unknown = unknown });
        }
        else if (Mutants.Is(Mutant.InterestAfterCheck))
        {
            var found = check();
            silo.Soon($"registers session {session.Id.Number} for {value.Key}", () =>
            {
                silo.Sessions.Register(session, value.Tags);
                Grant(found);
            });
        }
        else
        {
            silo.Sessions.Register(session, value.Tags);
            silo.World.Note(silo, $"registered session {session.Id.Number} for {value.Key}");
            silo.Soon($"checks {value.Key}", () =>
            {
                var found = check();
                silo.Soon($"grants session {session.Id.Number}", () => Grant(found));
            });
        }

        void Grant(Freshness found)
        {
            var grant = silo.Sessions.Grant(session);
            var mayKeep = found == Freshness.Fresh || (found == Freshness.Stale && Mutants.Is(Mutant.StaleKeptAtCommit));
            then(found, new(mayKeep && !session.IsBroken, session.Id, grant, unknown));
        }
    }

    private void Set(Entry entry, Stamp stamp, Value value, Action<bool> reply)
    {
        // One turn: what is stored now is kept through the expiry that begins now; every other value of the key falls to it.
        var isStored = Keep(entry, stamp, value) != Freshness.Expired;
        var kept = entry.Value is { } now && (isStored || now.KeyStamp > stamp) ? now : null;
        if (kept is not null)
        {
            kept.KeyStamp = Stamp.Never;
        }

        var at = silo.Fanout.Begin([Catalog.TagOf(entry.Key)], null, reply);
        if (kept is not null)
        {
            kept.KeyStamp = at;
        }
    }

    /// <summary>Stores a value that may still be served; expired if it may not, by an update or by the deadline of a revalidation.</summary>
    private Freshness Keep(Entry entry, Stamp stamp, Value value)
    {
        if (!silo.IsServing)
        {
            return Freshness.Expired;
        }

        var records = silo.Ledger.Hold(value.Tags);
        var validity = new EntryValidity(stamp, silo.Now, CacheLife.Max, records);
        var freshness = Checked(value, validity).ByTags(silo.Ledger, stamp, silo.Now);
        if (freshness == Freshness.Expired && !(Mutants.Is(Mutant.DeadlineUnchecked) && silo.Ledger.IsLive(records, stamp)))
        {
            silo.Ledger.Release(records);
            return Freshness.Expired;
        }

        Replace(entry, new(value, validity));
        silo.World.Note(silo, $"stores {value} with stamp {stamp.Value}");
        return freshness == Freshness.Fresh ? freshness : Freshness.Stale;
    }

    /// <summary>What a commit checks: in one mutant all but the tags that were only discovered while generating.</summary>
    private static EntryValidity Checked(Value value, EntryValidity validity) => Mutants.Is(Mutant.LateTagUnchecked)
        ? new(validity.Stamp, validity.GeneratedAt, validity.Life, validity.Records[value.LateTags..].ToArray())
        : validity;

    private Freshness FreshnessOf(StoredValue stored) => silo.FreshnessOf(stored.Validity, stored.KeyStamp);

    private TokenId Grant(Entry entry)
    {
        // The stamp is read here, before the factory can have begun.
        var generation = entry.Gate.Grant(NextId(), silo.Ledger.Stamp(), silo.Now, Terms.GenerationLease);
        silo.World.Note(silo, $"gives a token for {entry.Key} with stamp {generation.Stamp.Value}");
        return generation.Id;
    }

    private TokenId NextId() => new(silo.Unique(3, ++_issued));

    private Entry EntryOf(string key)
    {
        if (!_entries.TryGetValue(key, out var entry))
        {
            _entries.Add(key, entry = new(key));
        }

        return entry;
    }

    private void Replace(Entry entry, StoredValue? value)
    {
        if (entry.Value is { } old)
        {
            silo.Ledger.Release(old.Validity.Records);
        }

        entry.Value = value;
    }

    private sealed class Entry(string key)
    {
        public string Key => key;

        public KeyTokens Gate { get; } = new();

        public StoredValue? Value { get; set; }
    }
}
