using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Entries;

/// <summary>
/// One entry: its value, and its key's single flight over the whole cluster.
///
/// <para><b>Read.</b> A value is served while the silo has the right to serve and nothing that the value bears was expired since its stamp. If
/// there is none, one caller gets a token and generates; the others wait for it.</para>
///
/// <para><b>Write.</b> What was generated is stored with the token's stamp, taken before the factory began. So a tag that was updated
/// during the generation, even one that was only discovered then, makes the value dead on arrival.</para>
///
/// <para><b>Not covered.</b> Waiting: a reader that has to wait gets no answer, and asks again when the entry says that waiters wake. Expiring the key: a set says which value is
/// to be carried over the expiry, and its owner begins that before anything else happens to the entry.</para>
/// </summary>
/// <param name="scopedKey">The key with its namespace.</param>
/// <remarks>Not thread-safe, but for <see cref="Value"/> and <see cref="TryRead"/>, which any thread may use: its owner guards every other member by one gate an entry.</remarks>
internal abstract partial class Entry(string scopedKey) : KeySlot
{
    private volatile StoredValue? _value;

    /// <summary>Made for the first token, and let go of when nothing of it matters any more: most entries are only read, most of the time.</summary>
    private Generations? _generations;

    public string ScopedKey => scopedKey;

    public TagId Key => TagId.OfKey(scopedKey);

    public StoredValue? Value => _value;

    /// <summary>Whether there is neither a value nor anything that a caller may come back to. Nothing is kept for a generation that has ended.</summary>
    public bool IsEmpty(Moment now)
    {
        if (_generations?.IsIdle(now) == true)
        {
            _generations = null;
        }

        return _generations is null && _value is null;
    }

    /// <summary>Whether a generation is in flight.</summary>
    public bool IsGenerating(Moment now) => _generations?.Tokens.InFlight(now) is not null;

    /// <summary>When the generation in flight ends by itself: no reader waits longer for it.</summary>
    public Moment GenerationEnd(Moment now) => _generations?.Tokens.InFlight(now)?.LeaseEnd ?? now;

    /// <summary>A fresh value, for readers on any thread: interest first, the check second, and last whether it is still the entry's (invariant C3).</summary>
    /// <param name="sessions">As in <see cref="AcquireRequest.Sessions"/>.</param>
    /// <param name="terms">What is decided by.</param>
    /// <param name="isUse">Whether there is a reader: then a sliding expiration starts again.</param>
    /// <param name="mayRefreshEarly">Whether the reader makes a newer value behind its back, if this one is due: that is decided under the gate.</param>
    /// <param name="softTags">As in <see cref="AcquireRequest.SoftTags"/>.</param>
    /// <returns>The answer, or null if the entry has to be asked under its gate.</returns>
    public Acquired? TryRead(SessionId[]? sessions, IEntryTerms terms, bool isUse = true, bool mayRefreshEarly = false, string[]? softTags = null)
    {
        if (_value is not { } value)
        {
            return null;
        }

        var session = sessions is null ? null : terms.Register(sessions, value.Records, Key, softTags);
        var now = terms.Now;
        if (!terms.MayServe(now) || !value.IsFreshAt(terms.Ledger, now) || (mayRefreshEarly && value.IsDueAt(now)) || (softTags is not null && SoftFreshnessOf(value, softTags, terms, now) != Freshness.Fresh))
        {
            return null;
        }

        if (isUse)
        {
            Lengthen(value, terms, now);
            Used(now);
        }

        var isStillHere = ReferenceEquals(_value, value) || !ProtocolRules.WhatHasLeftIsNotKept;
        var near = sessions is null ? null : terms.NearTermsFor(sessions, session, isLive: isStillHere);
        return new(AcquireStatus.Fresh, value.SnapshotAt(now), TokenId.None, near);
    }

    /// <summary>What the reader gets at this moment; null if it has to wait for the generation in flight.</summary>
    public Acquired? Acquire(AcquireRequest request, IEntryTerms terms, Moment now)
    {
        if (ProtocolRules.TokensNeedServing && !terms.MayServe(now))
        {
            return AcquireWithoutLease(request, terms, now);
        }

        if (TryRead(request.Sessions, terms, isUse: !request.IsRefresh, softTags: request.SoftTags) is { } fresh)
        {
            return request.MayRefreshEarly && TryGrantEarly(request, terms, now) is { IsNone: false } early ? fresh with { Token = early } : fresh;
        }

        if (!request.IsRefresh)
        {
            Used(now);
        }

        // Not fresh: what updates say of a value only ever gets worse.
        var value = _value;
        var freshness = value is null ? Freshness.Expired : FreshnessFor(request, value, terms, now);
        if (freshness == Freshness.Stale && !request.IsRefresh)
        {
            Lengthen(value!, terms, now);
        }

        if (freshness == Freshness.FailSafe && !request.FreshOnly && _generations?.IsFailSafeInUse(now) == true)
        {
            return new(AcquireStatus.Stale, value!.SnapshotAt(now), TokenId.None);
        }

        var mayServe = freshness == Freshness.Stale && !request.FreshOnly;
        if (!request.MayGenerate)
        {
            return mayServe ? new(AcquireStatus.Stale, value!.SnapshotAt(now), TokenId.None) : Acquired.Miss;
        }

        var inFlight = _generations?.Tokens.InFlight(now);
        var isOwn = inFlight?.IsOf(request.RequestId) == true;
        if (inFlight is not null && !isOwn && !IsWorthWaiting(inFlight, request, terms, now))
        {
            // No reader waits for it any more: its factory may take as long as it likes, for its own caller.
            _generations!.Tokens.Supersede();
            inFlight = null;
        }

        if (inFlight is not null && !isOwn && !mayServe)
        {
            return now < _generations!.NotForStoringUntil ? Acquired.NotForStoring : null;
        }

        // The stamp is read here, before the factory can have begun.
        var token = isOwn ? inFlight!.Id
            : inFlight is not null ? TokenId.None
            : Grant(request, terms, now);
        // One past its life is for the factory alone: its source may say that it has not changed.
        var entry = freshness is Freshness.Stale or Freshness.FailSafe ? value!.SnapshotAt(now) : null;
        return new(mayServe ? AcquireStatus.Stale : AcquireStatus.Miss, entry, token, NearTermsOf(request.Sessions, registered: null, isLive: false, terms));
    }

    /// <summary>Stores what was generated under the token, if all of it may still be believed.</summary>
    /// <param name="token">The token.</param>
    /// <param name="data">The value.</param>
    /// <param name="sessions">As in <see cref="AcquireRequest.Sessions"/>.</param>
    /// <param name="terms">What is decided by.</param>
    /// <param name="now">The clock.</param>
    public CommitOutcome Commit(TokenId token, EntryData data, SessionId[]? sessions, IEntryTerms terms, Moment now)
    {
        if (_generations?.Tokens.Take(token, now) is not { } generation)
        {
            return _generations?.Tokens.IsSuperseded(token) == true ? CommitOutcome.Superseded : CommitOutcome.UnknownToken;
        }

        // Before anything can fail: the token is gone, whatever becomes of the value.
        WakeWaiters();
        var made = ProtocolRules.StampIsTheTokens ? generation : generation with { Stamp = terms.Ledger.Stamp() };
        var outcome = Keep(made, data, sessions, keyStamp: null, terms, now);
        _generations.HasEnded(isForStoring: outcome is { Status: not CommitStatus.Refused, IsHeld: false }, now);
        return outcome;
    }

    /// <summary>The factory failed or its caller went away. What is stored stays as it is.</summary>
    /// <returns>Whether the token was valid.</returns>
    public bool Abandon(TokenId token, bool isForStoring, Moment now)
    {
        var isTaken = _generations?.Tokens.Take(token, now) is not null;
        if (isTaken)
        {
            WakeWaiters();
            _generations!.HasEnded(isForStoring, now);
        }

        return isTaken;
    }

    /// <summary>The factory has failed or is slow: gives the value past its life that may be served for fail-safe.</summary>
    /// <inheritdoc cref="Commit"/>
    public EntrySnapshot? FailSafe(TokenId token, bool isOver, IEntryTerms terms, Moment now)
    {
        var isOut = token.IsNone || _generations?.Tokens.InFlight(now)?.Id == token;
        if (isOver && _generations?.Tokens.Take(token, now) is not null)
        {
            WakeWaiters();
        }

        if (!isOut || !terms.MayServe(now) || _value is not { } value || (value.FreshnessAt(terms.Ledger, now) == Freshness.Expired && ProtocolRules.FailSafeIsChecked))
        {
            return null;
        }

        // Others get it at once too: while this generation is slow, and for a moment after it has failed.
        Open().UseFailSafe(now + terms.FailSafeThrottle, isOver ? TokenId.None : token);
        WakeWaiters();
        return value.SnapshotAt(now);
    }

    /// <summary>The first trip of a plain set: a point that both clocks know. None without the right to serve.</summary>
    public TokenId BeginSet(IEntryTerms terms, Moment now) => !terms.MayServe(now)
        ? TokenId.None
        : Open().Tokens.GrantSet(terms.NewToken(), terms.Ledger.Stamp(), now, terms.GenerationLease).Id;

    /// <summary>The second trip: stores the value. Unless the outcome is <see cref="CommitStatus.UnknownToken"/> or a refusal, the key is to be expired next, under the same gate.</summary>
    /// <param name="token">From the first trip.</param>
    /// <param name="data">The value.</param>
    /// <param name="age">How long before the first trip's answer the value was made, or more.</param>
    /// <param name="terms">What is decided by.</param>
    /// <param name="now">The clock.</param>
    /// <param name="since">As in <see cref="IEntryGrain.Set"/>. Unless such a set is stored, the key is not to be expired.</param>
    /// <returns>What became of the value, and which value is to be carried over the expiry of the key: null for none.</returns>
    public (CommitOutcome Outcome, StoredValue? Kept) Set(TokenId token, EntryData data, TimeSpan age, IEntryTerms terms, Moment now, SetSince? since = null)
    {
        if (_generations?.Tokens.TakeSet(token, now) is not { } set)
        {
            return (CommitOutcome.UnknownToken, null);
        }

        if (since is not null)
        {
            return SetSince(set, data, age, since, terms, now);
        }

        // What may be carried over this set comes with the key's last change no more: a later moment says nothing of it.
        _generations.EndSince();

        // The value is older than its token: a tag that was updated or revalidated since the call was made is newer than it. Sets of one key are ordered by their tokens alone.
        var outcome = Keep(terms.AsOfItsCall(set, age), data, sessions: null, keyStamp: set.Stamp, terms, now);
        var kept = _value is { } value && (outcome.Status == CommitStatus.Stored || value.KeyStamp > set.Stamp) ? value : null;
        return (outcome, kept);
    }

    /// <summary>Lets go of the value.</summary>
    public void Drop(IEntryTerms terms)
    {
        if (_value is { } dead)
        {
            Replace(null, terms, dead);
        }
    }

    /// <summary>Ends the value, if it bears all of these and is older than that: an update of all of them has come.</summary>
    /// <returns>Whether it did.</returns>
    public bool EndIfBears(ReadOnlySpan<TagRecord> records, Stamp at)
    {
        if (_value is not { } value || value.Stamp >= at || !TagLedger.BearsAll(value.Records, records))
        {
            return false;
        }

        value.End();
        return true;
    }

    /// <summary>Tells of the entry without its value; null if there is nothing that would be served.</summary>
    public (EntrySnapshot Snapshot, bool IsStale, int Bytes)? Describe(IEntryTerms terms, Moment now)
    {
        if (!terms.MayServe(now) || _value is not { } value || value.FreshnessAt(terms.Ledger, now) is var freshness && freshness > Freshness.Stale)
        {
            return null;
        }

        var whole = value.SnapshotAt(now);
        var snapshot = whole with { Payload = Payload.Null with { ContentType = value.Payload.ContentType, Coding = value.Payload.Coding }, Tags = ForeignTag.Without(whole.Tags) };
        return (snapshot, freshness == Freshness.Stale, value.Payload.Bytes.Length);
    }

    /// <summary>A reader has asked: that steers which entry goes when there is no room.</summary>
    public abstract void Used(Moment now);

    /// <summary>Has the readers who wait ask again, once the gate is free: a generation has ended, or there is something to serve.</summary>
    public abstract void WakeWaiters();

    /// <summary>A read restarts the sliding expiration, of a stale value too.</summary>
    private void Lengthen(StoredValue value, IEntryTerms terms, Moment now)
    {
        if (value.Read(now))
        {
            terms.OnLengthened(this);
        }
    }

    /// <summary>A token for a value that is fresh and due, unless a generation is in flight or the last one was not for storing.</summary>
    private TokenId TryGrantEarly(AcquireRequest request, IEntryTerms terms, Moment now)
    {
        if (!request.MayGenerate || _value?.IsDueAt(now) != true || now < (_generations?.NotForStoringUntil ?? Moment.Past))
        {
            return TokenId.None;
        }

        return _generations?.Tokens.InFlight(now) is { } inFlight
            ? inFlight.IsOf(request.RequestId) ? inFlight.Id : TokenId.None
            : Grant(request, terms, now);
    }

    private TokenId Grant(AcquireRequest request, IEntryTerms terms, Moment now)
    {
        var lease = request.Lease > TimeSpan.Zero && request.Lease < terms.GenerationLease ? request.Lease : terms.GenerationLease;
        return Open().Tokens.Grant(terms.NewToken(), terms.Ledger.Stamp(), now, lease, request.RequestId).Id;
    }

    private static NearTerms? NearTermsOf(SessionId[]? named, IssuedSession? registered, bool isLive, IEntryTerms terms) =>
        named is null ? null : terms.NearTermsFor(named, registered, isLive);

    /// <summary>What a reader may make of the value: the worse of what it says itself and what the reader's soft tags say.</summary>
    private Freshness FreshnessFor(AcquireRequest request, StoredValue value, IEntryTerms terms, Moment now)
    {
        var own = value.FreshnessAt(terms.Ledger, now);
        return request.SoftTags is { } softTags && SoftFreshnessOf(value, softTags, terms, now) is var soft && soft > own ? soft : own;
    }

    private Freshness SoftFreshnessOf(StoredValue value, string[] softTags, IEntryTerms terms, Moment now) =>
        value.SoftFreshnessAt(terms.Ledger, CacheNamespace.Of(scopedKey), softTags, now);

    private Acquired AcquireWithoutLease(AcquireRequest request, IEntryTerms terms, Moment now) =>
        terms.ServesWithoutLease && _value is { } value && FreshnessFor(request, value, terms, now) is var freshness && freshness <= Freshness.Stale
            ? new(freshness == Freshness.Fresh ? AcquireStatus.Fresh : AcquireStatus.Stale, value.SnapshotAt(now, promiseSuspended: true), TokenId.None)
            : Acquired.NotServing;

    /// <summary>Whether what is being made could be stored, and given to this reader: nothing that it bears, as far as its reader knows, and none of the reader's soft tags was expired since its token.</summary>
    private bool IsWorthWaiting(Token inFlight, AcquireRequest request, IEntryTerms terms, Moment now) =>
        terms.Ledger.IsLive(TagId.OfEntryAndKey(scopedKey, request.Tags ?? []), inFlight.Stamp)
        && (request.SoftTags is not { } softTags || terms.Ledger.SoftVerdict(CacheNamespace.Of(scopedKey), softTags, inFlight.Stamp, now) != Freshness.Expired);

    private CommitOutcome Keep(Token generation, EntryData data, SessionId[]? sessions, Stamp? keyStamp, IEntryTerms terms, Moment now, SetSince? since = null)
    {
        if (terms.FaultOf(data) is { } fault)
        {
            return new(CommitStatus.Refused, fault);
        }

        if (!terms.MayServe(now))
        {
            return CommitOutcome.NotServing;
        }

        // Whether it is held first, since the end of a hold is an expiry (invariant H2); then interest first, the check second (invariant C3).
        var (records, isKeyLive) = terms.Ledger.Attach(TagId.OfEntry(scopedKey, data.Tags), Key, this, keyStamp ?? generation.Stamp);
        var brought = since is null ? null : BroughtTags.Of(terms.Ledger.RememberedAgainstCopy(CacheNamespace.Of(scopedKey), since.Remembered, generation.Stamp));
        var value = new StoredValue(data, generation.Stamp, generation.GrantedAt, records, this, keyStamp, storedAt: now, brought);
        var isHeld = terms.Ledger.IsHeld(records) && (keyStamp is null ? ProtocolRules.HeldRefusesCommits : ProtocolRules.HeldRefusesSets);
        var session = sessions is null ? null : terms.Register(sessions, records, Key);

        // A revalidation since the token makes it stale from the start: served, but not kept near as fresh, and not beyond the deadline.
        var byTags = value.ByTags(terms.Ledger, now);
        var isSuperseded = ((!isKeyLive || byTags == Freshness.Expired) && ProtocolRules.CommitsAreChecked)
            || (ProtocolRules.ConjunctionsRefuseCommits && terms.Ledger.IsOvertaken(records, generation.Stamp))
            || !MayKeepWhatWasCopied(data, generation.Stamp, terms);
        if (isHeld || isSuperseded)
        {
            terms.Ledger.Detach(records, this);
            return (isHeld ? CommitOutcome.Held : CommitOutcome.Superseded) with { Near = NearTermsOf(sessions, session, isLive: false, terms) };
        }

        if (!TryStore(value, terms))
        {
            return CommitOutcome.Superseded with { Near = NearTermsOf(sessions, session, isLive: false, terms) };
        }

        _generations?.EndFailSafe();
        var isStale = byTags == Freshness.Stale;
        if (isStale && data.IsLoaded)
        {
            terms.RefreshSoon(scopedKey);
        }

        return CommitOutcome.Stored with { IsStale = isStale, Near = NearTermsOf(sessions, session, isLive: !isStale || !ProtocolRules.StaleIsNotKeptNear, terms) };
    }

    /// <summary>
    /// Stores a value that was checked. First where walks find it and no reader gets it yet; then it is looked whether an update of all of some of its tags has come in between, whose walk may have
    /// been too early to find it (invariant J1).
    /// </summary>
    private bool TryStore(StoredValue value, IEntryTerms terms)
    {
        var keyStamp = value.KeyStamp;
        value.KeepAsOf(Stamp.Never);
        Replace(value, terms, _value);
        if (ProtocolRules.ConjunctionsRefuseCommits && ProtocolRules.ConjunctionsAreAskedAgain && terms.Ledger.IsOvertaken(value.Records, value.Stamp))
        {
            Drop(terms);
            return false;
        }

        value.KeepAsOf(keyStamp);
        return true;
    }

    private void Replace(StoredValue? value, IEntryTerms terms, StoredValue? old)
    {
        _value = value;
        _generations?.EndSince();
        terms.Replaced(this, old, value);
    }

    private Generations Open() => _generations ??= new();
}
