using Orleans.Concurrency;
using Orleans.GrainDirectory;
using Orleans.Placement;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Ownership;

namespace OrleansTagCache.Entries;

/// <summary>
/// One entry: its value, and its key's single flight over the whole cluster.
///
/// <para><b>Read.</b> A value is served while the silo has the right to serve and nothing that the value bears was expired since its stamp. If
/// there is none, one caller gets a token and generates; the others wait for it.</para>
///
/// <para><b>Write.</b> What was generated is stored with the token's stamp, taken before the factory began. So a tag that was updated
/// during the generation, even one that was only discovered then, makes the value dead on arrival.</para>
/// </summary>
/// <remarks>
/// Reentrant: waiters interleave with the commit that they wait for. Between two awaits a turn is alone; every decision reads the clock, the
/// lease and the ledger in its own turn and holds nothing of them over an await. Kept alive, since the table bounds the silo, not idleness;
/// immovable, since a value must not leave the ledger that it was stamped by.
/// </remarks>
[Reentrant, KeepAlive, Immovable, RandomPlacement, ThroughAnyGateway, GrainType(OwnedGrains.Entry), GrainDirectory(OwnerDirectory.Name)]
internal sealed class EntryGrain : Grain, IEntryGrain
{
    private readonly EntryServices _services;
    private readonly LocalEntry _entry;
    private readonly KeyTokens _tokens = new();
    private TaskCompletionSource? _generationEnded;
    private Moment _notForStoringUntil = Moment.Past;
    private FailSafeUse? _failSafe;

    public EntryGrain(EntryServices services, IGrainContext context)
    {
        _services = services;
        _entry = new(context.GrainId.Key.ToString()!, context);
        _services.Table.Register(_entry);
    }

    public async ValueTask<Acquired> Acquire(AcquireRequest request)
    {
        var until = _services.Now + request.Wait;
        while (true)
        {
            var now = _services.Now;
            if (Answer(request, now) is { } answer)
            {
                if (!request.IsRefresh)
                {
                    _services.Metrics.OnRead(answer.Status);
                }

                return answer;
            }

            if (now >= until)
            {
                return Acquired.Busy;
            }

            await GenerationEnded(until, now);
        }
    }

    public ValueTask<CommitOutcome> Commit(TokenId token, EntryData data, SessionId[]? sessions = null)
    {
        var outcome = _tokens.Take(token, _services.Now) is { } generation ? Keep(generation, data, _services.Now, sessions)
            : _tokens.IsSuperseded(token) ? CommitOutcome.Superseded
            : CommitOutcome.UnknownToken;
        if (outcome.Status != CommitStatus.UnknownToken)
        {
            Remember(isForStoring: outcome.Status != CommitStatus.Refused);
            WakeWaiters();
        }

        _services.Metrics.OnCommit(outcome.Status);
        return new(outcome);
    }

    public ValueTask<bool> Abandon(TokenId token, bool isForStoring = true)
    {
        var isTaken = _tokens.Take(token, _services.Now) is not null;
        if (isTaken)
        {
            Remember(isForStoring);
            WakeWaiters();
        }

        return new(isTaken);
    }

    public ValueTask<EntrySnapshot?> FailSafe(TokenId token, bool isOver)
    {
        var now = _services.Now;
        var isOut = token.IsNone || _tokens.InFlight(now)?.Id == token;
        var isWoken = isOver && _tokens.Take(token, now) is not null;
        EntrySnapshot? kept = null;
        if (isOut && _services.Lease.IsValid(now) && _entry.Value is { } value && FreshnessOf(value, now) != Freshness.Expired)
        {
            // Others get it at once too: while this generation is slow, and for a moment after it has failed.
            kept = value.SnapshotAt(now);
            _failSafe = new(now + _services.FailSafeThrottle, isOver ? TokenId.None : token);
            isWoken = true;
        }

        if (isWoken)
        {
            WakeWaiters();
        }

        return new(kept);
    }

    public ValueTask<TokenId> BeginSet()
    {
        var now = _services.Now;
        if (!_services.Lease.IsValid(now))
        {
            return new(TokenId.None);
        }

        if (!_entry.TryBeBusy(now + _services.GenerationLease))
        {
            return new(TokenId.None);
        }

        return new(_tokens.GrantSet(new(Guid.NewGuid()), _services.Ledger.Stamp(), now, _services.GenerationLease).Id);
    }

    public async ValueTask<SetOutcome> Set(TokenId token, EntryData data, TimeSpan age, string? trace = null)
    {
        var now = _services.Now;
        if (_tokens.TakeSet(token, now) is not { } set)
        {
            return new(CommitOutcome.UnknownToken, UpdateOutcome.Incomplete("The token of the set is late or unknown."));
        }

        // One turn: what is stored now is kept through the expiry that begins now; every other value of the key falls to it. The value is older
        // than its token: a tag that was updated or revalidated since the call was made is newer than it. Sets of one key are ordered by their tokens alone.
        var outcome = Keep(_services.AsOfItsCall(set, age), data, now, keyStamp: set.Stamp);
        if (outcome.Status == CommitStatus.Refused)
        {
            return new(outcome, UpdateOutcome.Incomplete("The value was refused; nothing has happened."));
        }

        var kept = _entry.Value is { } value && (outcome.Status == CommitStatus.Stored || value.KeyStamp > set.Stamp) ? value : null;
        var completion = UpdateKey(kept, trace);
        WakeWaiters();
        _services.Metrics.OnCommit(outcome.Status);
        return new(outcome, await completion);
    }

    public async ValueTask<UpdateOutcome> Remove(string? trace = null) => await UpdateKey(kept: null, trace);

    public ValueTask<EntryDescription?> Describe()
    {
        var now = _services.Now;
        if (!_services.Lease.IsValid(now) || _entry.Value is not { } value || FreshnessOf(value, now) is var freshness && freshness > Freshness.Stale)
        {
            return new((EntryDescription?)null);
        }

        var whole = value.SnapshotAt(now);
        var snapshot = whole with { Payload = Payload.Null with { ContentType = value.Payload.ContentType }, Tags = ForeignTag.Without(whole.Tags) };
        return new(new EntryDescription(snapshot, freshness == Freshness.Stale, value.Payload.Bytes.Length, _services.Silo));
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _services.Table.Close(_entry);
        WakeWaiters();
        return Task.CompletedTask;
    }

    /// <summary>What the reader gets at this moment; null if it has to wait for the generation in flight.</summary>
    private Acquired? Answer(AcquireRequest request, Moment now)
    {
        if (!request.IsRefresh)
        {
            _entry.Used(now);
        }

        if (!_services.Lease.IsValid(now))
        {
            return AnswerWithoutLease(now);
        }

        // Interest first, the check second (invariant C3).
        var value = _entry.Value;
        var session = value is not null && request.Sessions is { } named ? _services.Sessions.Register(named, value.Records) : null;
        var freshness = value is null ? Freshness.Expired : FreshnessOf(value, now);
        if (freshness == Freshness.Fresh)
        {
            // Still the entry's: so the records that were checked were held, and every later change finds the interest.
            if (!request.IsRefresh)
            {
                value!.Read(now);
            }

            var terms = Terms(request.Sessions, session, isLive: ReferenceEquals(_entry.Value, value));
            return new(AcquireStatus.Fresh, value!.SnapshotAt(now), TokenId.None, terms);
        }

        if (freshness == Freshness.FailSafe && !request.FreshOnly && IsFailSafeInUse(now))
        {
            return new(AcquireStatus.Stale, value!.SnapshotAt(now), TokenId.None);
        }

        var mayServe = freshness == Freshness.Stale && !request.FreshOnly;
        if (!request.MayGenerate)
        {
            return mayServe ? new(AcquireStatus.Stale, value!.SnapshotAt(now), TokenId.None) : Acquired.Miss;
        }

        var inFlight = _tokens.InFlight(now);
        var isOwn = inFlight?.IsOf(request.RequestId) == true;
        if (inFlight is not null && !isOwn && !MayStillBeStored(inFlight, request.Tags))
        {
            // No one waits for it any more: its factory may take as long as it likes, for its own caller.
            _tokens.Supersede();
            inFlight = null;
        }

        if (inFlight is not null && !isOwn && !mayServe)
        {
            return now < _notForStoringUntil ? Acquired.NotForStoring : null;
        }

        if (inFlight is null && !_entry.TryBeBusy(now + _services.GenerationLease))
        {
            // This activation is being collected: the next attempt finds another one.
            return Acquired.Busy;
        }

        var token = isOwn ? inFlight!.Id : inFlight is not null ? TokenId.None : GrantToken(now, request.RequestId);
        var entry = freshness == Freshness.Stale ? value!.SnapshotAt(now) : null;
        return new(mayServe ? AcquireStatus.Stale : AcquireStatus.Miss, entry, token, Terms(request.Sessions, registered: null, isLive: false));
    }

    /// <summary>Whether a value past its life is served at once: its source has just failed, or takes longer than its readers wait.</summary>
    private bool IsFailSafeInUse(Moment now) =>
        _failSafe is { } use
        && (now < use.Until || (!use.Slow.IsNone && _tokens.InFlight(now) is { } inFlight && inFlight.Id == use.Slow));

    private Acquired AnswerWithoutLease(Moment now) =>
        _services.ServesWithoutLease && _entry.Value is { } value && FreshnessOf(value, now) is var freshness && freshness <= Freshness.Stale
            ? new(
                freshness == Freshness.Fresh ? AcquireStatus.Fresh : AcquireStatus.Stale,
                value.SnapshotAt(now, promiseSuspended: true),
                TokenId.None)
            : Acquired.NotServing;

    private NearTerms? Terms(SessionId[]? named, IssuedSession? registered, bool isLive) =>
        named is null ? null : _services.Sessions.Terms(named, registered, isLive);

    private Freshness FreshnessOf(StoredValue value, Moment now) => value.FreshnessAt(_services.Ledger, now);

    /// <summary>Whether what is being made could be stored: nothing that it bears, as far as its reader knows, was expired since its token.</summary>
    private bool MayStillBeStored(Token inFlight, string[]? tags) =>
        _services.Ledger.IsLive(TagId.OfEntry(_entry.ScopedKey, tags ?? []), inFlight.Stamp);

    /// <summary>Waiters for a value that will not be stored would wait in vain, one after another in the whole cluster.</summary>
    private void Remember(bool isForStoring) => _notForStoringUntil = isForStoring ? Moment.Past : _services.Now + NotForStoringMemory;

    /// <summary>The stamp is read here, before the factory can have begun.</summary>
    private TokenId GrantToken(Moment now, Guid requestId)
    {
        var token = _tokens.Grant(new(Guid.NewGuid()), _services.Ledger.Stamp(), now, _services.GenerationLease, requestId).Id;
        CacheEvents.Write(CacheEvent.TokenGranted, this);
        return token;
    }

    /// <summary>Ends with the generation in flight, with its lease (a dead generator does not block the key), or with the wait.</summary>
    private async Task GenerationEnded(Moment until, Moment now)
    {
        if (_tokens.InFlight(now) is { } inFlight)
        {
            // Made by the waiter, not with the token: a set wakes all waiters while the generation goes on.
            _generationEnded ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            var wait = Moment.Earlier(until, inFlight.LeaseEnd) - now;
            var ended = _generationEnded.Task.WaitAsync(wait, _services.Time);
            CacheEvents.Write(CacheEvent.ReadWaiting, this);
            await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private void WakeWaiters()
    {
        if (_tokens.IsIdle(_services.Now))
        {
            _entry.BusyUntil = Moment.Past;
        }

        _generationEnded?.TrySetResult();
        _generationEnded = null;
        CacheEvents.Write(CacheEvent.TokenEnded, this);
    }

    /// <summary>Stores what was generated if all of it may still be believed.</summary>
    private CommitOutcome Keep(Token generation, EntryData data, Moment now, SessionId[]? sessions = null, Stamp? keyStamp = null)
    {
        if (_services.FaultOf(data) is { } fault)
        {
            return new(CommitStatus.Refused, fault);
        }

        if (!_services.Lease.IsValid(now))
        {
            return CommitOutcome.NotServing;
        }

        // Interest first, the check second (invariant C3).
        var records = _services.Ledger.Hold(TagId.OfEntry(_entry.ScopedKey, data.Tags));
        var value = new StoredValue(data, generation.Stamp, generation.GrantedAt, records, keyStamp);
        var session = sessions is null ? null : _services.Sessions.Register(sessions, records);

        // A revalidation since the token makes it stale from the start: served, but not kept near as fresh, and not beyond the deadline.
        var byTags = value.ByTags(_services.Ledger, now);
        if (byTags == Freshness.Expired || !_services.MayKeepWhatWasCopied(_entry.ScopedKey, data, generation.Stamp))
        {
            _services.Ledger.Release(records);
            return CommitOutcome.Superseded with { Near = Terms(sessions, session, isLive: false) };
        }

        _services.Table.Store(_entry, value);
        _failSafe = null;
        var isStale = byTags == Freshness.Stale;
        if (isStale && data.IsLoaded)
        {
            _services.RefreshSoon(_entry.ScopedKey);
        }

        return CommitOutcome.Stored with { IsStale = isStale, Near = Terms(sessions, session, isLive: !isStale) };
    }

    /// <summary>Expires every value of the key in every process, but for the one that is kept here.</summary>
    private async Task<UpdateOutcome> UpdateKey(StoredValue? kept, string? trace)
    {
        var request = new UpdateRequest([TagId.OfKey(_entry.ScopedKey)], StaleFor: null, trace is null ? null : [trace]);
        Task<UpdateOutcome>? completion = null;
        if (kept is not null)
        {
            // Another silo's activation may have expired the key in between: the kept value must not be carried over that.
            kept.CarryOver(keyStamp =>
            {
                (var applied, completion) = _services.Invalidator.Begin(request, () => kept.KeyAdmits(keyStamp));
                return applied;
            });
        }
        else
        {
            (_, completion) = _services.Invalidator.Begin(request);
            if (_entry.Value is { } dead)
            {
                _services.Table.Drop(_entry, dead);
            }
        }

        return await _services.Invalidator.Within(completion!, KeyUpdatePatience);
    }

    /// <summary>Shorter than the calls' time-out, so that the caller hears why.</summary>
    private static readonly TimeSpan KeyUpdatePatience = TimeSpan.FromSeconds(4);

    /// <summary>How long no reader waits after a value that was not for storing.</summary>
    private static readonly TimeSpan NotForStoringMemory = TimeSpan.FromSeconds(10);

    /// <summary>Until when a value past its life is served at once, and the generation that takes too long.</summary>
    private sealed record FailSafeUse(Moment Until, TokenId Slow);
}
