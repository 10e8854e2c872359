using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Entries;

/// <summary>What an entry holds while a value is made for it, or was until a moment ago: the tokens, whether readers wait, and whether a value past its life stands in.</summary>
/// <remarks>Not thread-safe: guarded by the entry's gate.</remarks>
internal sealed class Generations
{
    /// <summary>How long no reader waits after a value that was not for storing, or whose tag was held.</summary>
    private static readonly TimeSpan NotForStoringMemory = TimeSpan.FromSeconds(10);

    private FailSafeUse? _failSafe;
    private SetSinceMoment? _since;

    public KeyTokens Tokens { get; } = new();

    /// <summary>Until when no reader waits: what was made last was not for storing.</summary>
    public Moment NotForStoringUntil { get; private set; } = Moment.Past;

    public bool IsIdle(Moment now) => now >= NotForStoringUntil && !(_failSafe is { } use && now < use.Until) && Tokens.IsIdle(now) && !(_since is { } since && now < since.Until) && !Tokens.RemembersSuperseded(now);

    /// <summary>Whether a value past its life is served at once: its source has just failed, or takes longer than its readers wait.</summary>
    public bool IsFailSafeInUse(Moment now) =>
        _failSafe is { } use && (now < use.Until || (!use.Slow.IsNone && Tokens.InFlight(now) is { } inFlight && inFlight.Id == use.Slow));

    /// <param name="until">Until when a value past its life is served at once.</param>
    /// <param name="slow">The generation that takes too long, and as long as it does; none if it has failed.</param>
    public void UseFailSafe(Moment until, TokenId slow) => _failSafe = new(until, slow);

    /// <summary>There is a newer value.</summary>
    public void EndFailSafe() => _failSafe = null;

    /// <summary>A generation has ended. Waiters for a value that will not be stored would wait in vain, one after another in the whole cluster.</summary>
    public void HasEnded(bool isForStoring, Moment now) => NotForStoringUntil = isForStoring ? Moment.Past : now + NotForStoringMemory;

    /// <summary>When the moment was at the latest after which the entry's value was made; null of a value that was not set so, or long ago.</summary>
    public Moment? SinceLatest => _since?.Latest;

    /// <summary>The entry's value was made after a sealed moment.</summary>
    /// <param name="latest">When that moment was at the latest.</param>
    /// <param name="until">For how long it is remembered.</param>
    public void Since(Moment latest, Moment until) => _since = new(latest, until);

    /// <summary>The entry's value is another, or there is none any more.</summary>
    public void EndSince() => _since = null;

    private sealed record SetSinceMoment(Moment Latest, Moment Until);

    private sealed record FailSafeUse(Moment Until, TokenId Slow);
}
