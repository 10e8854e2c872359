using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>
/// An account of the tokens of a silo's entries beside the entries' own: one generation of a key at a time [G3], each token is taken once and no other one
/// [G1], and none is forgotten while it holds [B2]. What the store lets go of on purpose is told to it.
/// </summary>
internal sealed class TokenBook(Silo silo)
{
    private readonly Dictionary<string, Out> _generations = [];
    private readonly Dictionary<TokenId, Out> _sets = [];
    private readonly Dictionary<TokenId, Stamp> _issued = [];

    /// <summary>An entry makes a token; whose it is, its answer says.</summary>
    public void Issue(TokenId id, Stamp stamp) => _issued.Add(id, stamp);

    /// <summary>An answer bears a token.</summary>
    public void Granted(string key, TokenId id, string[] knownTags, string[] softTags, Moment now)
    {
        var inFlight = InFlight(key, now);
        if (inFlight?.Id == id)
        {
            silo.World.Did(Deed.TokenGivenAgain);
        }
        else
        {
            if (inFlight is not null)
            {
                silo.World.Did(Deed.TokenSuperseded);
            }

            Check(inFlight is null || !silo.Ledger.IsLive(TagId.OfEntryAndKey(key, knownTags), inFlight.Stamp) || silo.Ledger.SoftVerdict(Catalog.Namespace, softTags, inFlight.Stamp, now) == Freshness.Expired, key, "has two generations in flight [G3]");
            _generations[key] = Issued(key, id, now);
        }
    }

    public void GrantedSet(string key, TokenId id, Moment now)
    {
        foreach (var over in _sets.Where(set => now >= set.Value.End).ToList())
        {
            _sets.Remove(over.Key);
        }

        _sets[id] = Issued(key, id, now);
    }

    /// <summary>Whether that is the token of the key's generation.</summary>
    public bool IsOut(string key, TokenId id, Moment now) => InFlight(key, now)?.Id == id;

    public bool IsOut(TokenId set, Moment now) => _sets.TryGetValue(set, out var issued) && now < issued.End;

    /// <summary>A token was shown in order to store a value or to give it back.</summary>
    public void Shown(string key, TokenId id, bool wasOut, bool isTaken)
    {
        Check(isTaken == wasOut, key, isTaken ? "took a token that was not out [G1]" : "does not know a token that is out [B2]");
        if (isTaken && !_sets.Remove(id))
        {
            _generations.Remove(key);
        }
    }

    /// <summary>The store lets go of a slot with its tokens.</summary>
    public void Lost(string key)
    {
        if (_generations.Remove(key))
        {
            silo.World.Did(Deed.TokenDropped);
        }

        foreach (var lost in _sets.Where(set => set.Value.Key == key).ToList())
        {
            _sets.Remove(lost.Key);
        }
    }

    private Out? InFlight(string key, Moment now) => _generations.TryGetValue(key, out var inFlight) && now < inFlight.End ? inFlight : null;

    private Out Issued(string key, TokenId id, Moment now)
    {
        Check(_issued.Remove(id, out var stamp), key, "gives a token of another one [G1]");
        return new(key, id, stamp, now + Terms.GenerationLease);
    }

    private void Check(bool holds, string key, string what)
    {
        if (!holds)
        {
            throw new BrokenPromiseException($"{silo}: {key} {what}.");
        }
    }

    private sealed record Out(string Key, TokenId Id, Stamp Stamp, Moment End);
}
