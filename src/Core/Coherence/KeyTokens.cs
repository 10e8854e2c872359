using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Coherence;

/// <summary>
/// The tokens of one key: at most one generation at a time, and any number (within a bound) of plain sets, which do not wait for each other.
/// </summary>
/// <remarks>Not thread-safe: it belongs to one entry. A token is taken once; a late, unknown or replaced one is refused (invariant G1).</remarks>
internal sealed class KeyTokens
{
    /// <summary>How many plain sets of one key may be between their two trips. Beyond it the oldest is refused.</summary>
    public const int MaximumSets = 64;

    /// <summary>Made for the first set: most keys are never set.</summary>
    private List<Token>? _sets;
    private Token? _current;
    private Token? _superseded;

    /// <summary>Whether nothing is outstanding.</summary>
    public bool IsIdle(Moment now) => InFlight(now) is null && _sets?.TrueForAll(set => set.LeaseEnd <= now) != false;

    /// <summary>The generation that readers wait for, or null when there is none or its lease has ended.</summary>
    public Token? InFlight(Moment now) => _current is { } current && now < current.LeaseEnd ? current : null;

    /// <summary>Grants the key's one generation. Ask <see cref="InFlight"/> first: this replaces whatever is there.</summary>
    public Token Grant(TokenId id, Stamp stamp, Moment now, TimeSpan lease, Guid requestId = default) =>
        _current = new(id, stamp, now, now + lease, requestId);

    /// <summary>The value of the generation in flight can no longer be believed: no reader waits for it, and its token is not valid any more.</summary>
    public void Supersede()
    {
        _superseded = _current;
        _current = null;
    }

    /// <summary>Whether that token was superseded, and is not just unknown. Of the last one it is remembered.</summary>
    public bool IsSuperseded(TokenId id) => _superseded?.Id == id && !id.IsNone;

    /// <summary>Whether the holder of a superseded token may still come back with a value.</summary>
    public bool RemembersSuperseded(Moment now) => _superseded is { } superseded && now < superseded.LeaseEnd;

    /// <summary>Grants a token for a plain set.</summary>
    public Token GrantSet(TokenId id, Stamp stamp, Moment now, TimeSpan lease)
    {
        _sets ??= [];
        _sets.RemoveAll(set => set.LeaseEnd <= now);
        if (_sets.Count == MaximumSets)
        {
            _sets.RemoveAt(0);
        }

        var granted = new Token(id, stamp, now, now + lease);
        _sets.Add(granted);
        return granted;
    }

    /// <summary>Uses up the generation's token, or returns null for one that is late, unknown or replaced.</summary>
    public Token? Take(TokenId id, Moment now)
    {
        if (InFlight(now) is not { } current || (current.Id != id && ProtocolRules.TokensAreCompared))
        {
            return null;
        }

        _current = null;
        return current;
    }

    /// <summary>Uses up a plain set's token, or returns null for one that is late or unknown.</summary>
    public Token? TakeSet(TokenId id, Moment now)
    {
        var taken = _sets?.Find(set => set.Id == id && now < set.LeaseEnd);
        if (taken is not null)
        {
            _sets!.Remove(taken);
        }

        return taken;
    }
}
