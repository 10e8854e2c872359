using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Coherence;

/// <summary>The identity of a token: random, so that no other activation of the key can have issued it and it cannot be guessed.</summary>
[GenerateSerializer, Immutable, Alias("otc.GenerationId")]
internal readonly record struct GenerationId([property: Id(0)] Guid Value)
{
    public static readonly GenerationId None;

    public bool IsNone => Value == Guid.Empty;
}

/// <summary>A granted token: the right to store one value, with the stamp that was read when it was granted.</summary>
/// <param name="Id">What the holder shows.</param>
/// <param name="Stamp">The ledger's clock before the factory starts; the entry is stored with it.</param>
/// <param name="GrantedAt">When it was granted: the value's age counts from here.</param>
/// <param name="LeaseEnd">When the token stops blocking the key, so that a dead generator does not.</param>
/// <param name="RequestId">Who asked: a repeat of the question gets the same token. Empty if it is not to be recognised.</param>
internal sealed record Generation(GenerationId Id, Stamp Stamp, Moment GrantedAt, Moment LeaseEnd, Guid RequestId = default)
{
    /// <summary>Whether this is the answer to that very question, asked again because its answer was lost.</summary>
    public bool IsOf(Guid requestId) => requestId != Guid.Empty && RequestId == requestId;
}

/// <summary>
/// The tokens of one key: at most one generation at a time, and any number (within a bound) of plain sets, which do not wait for each other.
/// </summary>
/// <remarks>Not thread-safe: it belongs to one entry grain. A token is taken once; a late, unknown or replaced one is refused (invariant G1).</remarks>
internal sealed class GenerationGate
{
    /// <summary>How many plain sets of one key may be between their two trips. Beyond it the oldest is refused.</summary>
    public const int MaximumSets = 64;

    /// <summary>Made for the first set: most keys are never set.</summary>
    private List<Generation>? _sets;
    private Generation? _current;
    private Generation? _superseded;

    /// <summary>Whether nothing is outstanding.</summary>
    public bool IsIdle(Moment now) => InFlight(now) is null && _sets?.TrueForAll(set => set.LeaseEnd <= now) != false;

    /// <summary>The generation that readers wait for, or null when there is none or its lease has ended.</summary>
    public Generation? InFlight(Moment now) => _current is { } current && now < current.LeaseEnd ? current : null;

    /// <summary>Grants the key's one generation. Ask <see cref="InFlight"/> first: this replaces whatever is there.</summary>
    public Generation Grant(GenerationId id, Stamp stamp, Moment now, TimeSpan lease, Guid requestId = default) =>
        _current = new(id, stamp, now, now + lease, requestId);

    /// <summary>The value of the generation in flight can no longer be believed: no reader waits for it, and its token is not valid any more.</summary>
    public void Supersede()
    {
        _superseded = _current;
        _current = null;
    }

    /// <summary>Whether that token was superseded, and is not just unknown. Of the last one it is remembered.</summary>
    public bool IsSuperseded(GenerationId id) => _superseded?.Id == id && !id.IsNone;

    /// <summary>Grants a token for a plain set.</summary>
    public Generation GrantSet(GenerationId id, Stamp stamp, Moment now, TimeSpan lease)
    {
        _sets ??= [];
        _sets.RemoveAll(set => set.LeaseEnd <= now);
        if (_sets.Count == MaximumSets)
        {
            _sets.RemoveAt(0);
        }

        var granted = new Generation(id, stamp, now, now + lease);
        _sets.Add(granted);
        return granted;
    }

    /// <summary>Uses up the generation's token, or returns null for one that is late, unknown or replaced.</summary>
    public Generation? Take(GenerationId id, Moment now)
    {
        if (InFlight(now) is not { } current || current.Id != id)
        {
            return null;
        }

        _current = null;
        return current;
    }

    /// <summary>Uses up a plain set's token, or returns null for one that is late or unknown.</summary>
    public Generation? TakeSet(GenerationId id, Moment now)
    {
        var taken = _sets?.Find(set => set.Id == id && now < set.LeaseEnd);
        if (taken is not null)
        {
            _sets!.Remove(taken);
        }

        return taken;
    }
}
