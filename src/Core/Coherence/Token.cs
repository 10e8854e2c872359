using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Coherence;

/// <summary>The identity of a token: random, so that no other activation of the key can have issued it and it cannot be guessed.</summary>
[GenerateSerializer, Immutable, Alias("otc.TokenId")]
internal readonly record struct TokenId([property: Id(0)] Guid Value)
{
    public static readonly TokenId None;

    public bool IsNone => Value == Guid.Empty;
}

/// <summary>A granted token: the right to store one value, with the stamp that was read when it was granted.</summary>
/// <param name="Id">What the holder shows.</param>
/// <param name="Stamp">The ledger's clock before the factory starts; the entry is stored with it.</param>
/// <param name="GrantedAt">When it was granted: the value's age counts from here.</param>
/// <param name="LeaseEnd">When the token stops blocking the key, so that a dead generator does not.</param>
/// <param name="RequestId">Who asked: a repeat of the question gets the same token. Empty if it is not to be recognised.</param>
internal sealed record Token(TokenId Id, Stamp Stamp, Moment GrantedAt, Moment LeaseEnd, Guid RequestId = default)
{
    /// <summary>Whether this is the answer to that very question, asked again because its answer was lost.</summary>
    public bool IsOf(Guid requestId) => requestId != Guid.Empty && RequestId == requestId;
}
