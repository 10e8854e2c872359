using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>
/// What the entries of a simulated silo decide by. Wherever an entry asks for something, other threads may run: between the value that a reader has
/// found, its interest, the check, and the grant.
/// </summary>
internal sealed class EntryTerms(Silo silo, TokenBook tokens) : IEntryTerms
{
    private long _issued;

    /// <summary>Whether others had their chance since, so that the reading of the clock gives them none.</summary>
    private bool _isRegistered;

    /// <summary>In two mutants: what interest is registered in only after the check.</summary>
    private (TagRecord[] Records, TagId Key, string[]? SoftTags)? _late;

    public Moment Now
    {
        get
        {
            if (!_isRegistered)
            {
                silo.World.Interleave(silo);
            }

            _isRegistered = false;
            return silo.Now;
        }
    }

    public TagLedger Ledger => silo.Ledger;

    public bool ServesWithoutLease => false;

    public TimeSpan GenerationLease => Terms.GenerationLease;

    public TimeSpan FailSafeThrottle => Terms.FailSafeThrottle;

    public TokenId NewToken()
    {
        var id = new TokenId(silo.Unique(3, ++_issued));
        tokens.Issue(id, silo.Ledger.Stamp());
        return id;
    }

    public bool MayServe(Moment now) => silo.IsServing || (Mutants.Is(Mutant.StandbyWithoutLease) && silo.HasJoined && silo.World.Standbys.ContainsValue(silo));

    public IssuedSession? Register(SessionId[] named, ReadOnlySpan<TagRecord> records, TagId key, string[]? softTags = null)
    {
        if (silo.Sessions.Find(named) is null)
        {
            return null;
        }

        var held = records.ToArray();
        silo.World.Interleave(silo);
        if (Mutants.Is(Mutant.InterestAfterCheck))
        {
            _late = (held, key, softTags);
            return silo.Sessions.Find(named);
        }

        if (Mutants.Is(Mutant.SoftInterestAfterCheck))
        {
            _late = ([], key, softTags);
            softTags = null;
        }

        var session = silo.Sessions.Register(named, held, key, softTags);
        silo.World.Interleave(silo);
        _isRegistered = true;
        return session;
    }

    public NearTerms NearTermsFor(SessionId[] named, IssuedSession? registered, bool isLive)
    {
        _isRegistered = false;
        if (registered is not null)
        {
            silo.World.Interleave(silo);
            if (_late is { } late)
            {
                _late = null;
                silo.Sessions.Register(named, late.Records, late.Key, late.SoftTags);
            }
        }

        return silo.Sessions.TermsFor(named, registered, isLive);
    }

    public string? FaultOf(EntryData data) => null;

    public Token AsOfItsCall(Token set, TimeSpan age) => silo.History.AsOfItsCall(set, age);

    public void Replaced(Entry entry, StoredValue? old, StoredValue? value)
    {
        if (value is not null)
        {
            silo.World.InterleaveJoint(silo);
        }

        silo.Entries.Index((Slot)entry, old, value);
        if (value is not null)
        {
            silo.World.InterleaveJoint(silo);
        }

        if (old is not null)
        {
            silo.Ledger.Detach(old.Records, entry);
        }

        silo.World.Note(silo, $"{(value is null ? "lets go of the value of" : "stores a value of")} {entry.ScopedKey}");
    }

    public void OnLengthened(Entry entry)
    {
    }

    public void RefreshSoon(string scopedKey)
    {
    }
}
