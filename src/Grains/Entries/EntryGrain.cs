using Orleans.Concurrency;
using Orleans.GrainDirectory;
using Orleans.Placement;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Placement;

namespace OrleansTagCache.Entries;

/// <summary>
/// One entry: its value, and its key's single flight over the whole cluster.
///
/// <para><b>Read.</b> A value is served while the silo has the right to serve and nothing that the value bears was expired since its stamp. If
/// there is none, one caller gets a token and generates; the others wait for it.</para>
///
/// <para><b>Write.</b> What was generated is stored with the token's stamp, taken before the factory began. So a tag that was updated
/// meanwhile, even one that was only discovered while generating, makes the value dead on arrival.</para>
/// </summary>
/// <remarks>
/// Reentrant: waiters interleave with the commit that they wait for. Between two awaits a turn is alone; every decision reads the clock, the
/// lease and the ledger in its own turn and holds nothing of them over an await. Kept alive, since the table bounds the silo, not idleness;
/// immovable, since a value must not leave the ledger that it was stamped by.
/// </remarks>
[Reentrant, KeepAlive, Immovable, RandomPlacement, ThroughAnyGateway, GrainType(TypeName), GrainDirectory(OwnerDirectory.Name)]
internal sealed class EntryGrain : Grain, IEntryGrain
{
    private const string TypeName = "otc.entry";

    public static readonly GrainType Type = GrainType.Create(TypeName);

    private readonly EntryHost _host;
    private readonly LocalEntry _entry;
    private readonly GenerationGate _gate = new();
    private TaskCompletionSource? _generationEnded;
    private Moment _notForStoringUntil = Moment.Past;
    private Need? _need;

    public EntryGrain(EntryHost host, IGrainContext context)
    {
        _host = host;
        _entry = new(context.GrainId.Key.ToString()!, context);
        _host.Table.Register(_entry);
    }

    public async ValueTask<Acquired> Acquire(AcquireRequest request)
    {
        var until = _host.Now + request.Wait;
        while (true)
        {
            var now = _host.Now;
            if (Answer(request, now) is { } answer)
            {
                if (!request.IsRefresh)
                {
                    _host.Metrics.OnRead(answer.Status);
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

    public ValueTask<CommitOutcome> Commit(GenerationId token, EntryData data, SessionId[]? sessions = null)
    {
        var outcome = _gate.Take(token, _host.Now) is { } generation ? Keep(generation, data, _host.Now, sessions)
            : _gate.IsSuperseded(token) ? CommitOutcome.Superseded
            : CommitOutcome.UnknownToken;
        if (outcome.Status != CommitStatus.UnknownToken)
        {
            Remember(isForStoring: outcome.Status != CommitStatus.Refused);
            WakeWaiters();
        }

        _host.Metrics.OnCommit(outcome.Status);
        return new(outcome);
    }

    public ValueTask<bool> Abandon(GenerationId token, bool isForStoring = true)
    {
        var isTaken = _gate.Take(token, _host.Now) is not null;
        if (isTaken)
        {
            Remember(isForStoring);
            WakeWaiters();
        }

        return new(isTaken);
    }

    public ValueTask<EntrySnapshot?> FallBack(GenerationId token, bool isOver)
    {
        var now = _host.Now;
        var isOut = token.IsNone || _gate.InFlight(now)?.Id == token;
        var isWoken = isOver && _gate.Take(token, now) is not null;
        EntrySnapshot? spare = null;
        if (isOut && _host.Lease.IsValid(now) && _entry.Value is { } value && !value.IsDeadAt(_host.Ledger, now))
        {
            // Others get it at once too: while this generation dawdles, and for a moment after it has failed.
            spare = value.SnapshotAt(now);
            _need = new(now + _host.FailSafeThrottle, isOver ? GenerationId.None : token);
            isWoken = true;
        }

        if (isWoken)
        {
            WakeWaiters();
        }

        return new(spare);
    }

    public ValueTask<GenerationId> BeginSet()
    {
        var now = _host.Now;
        if (!_host.Lease.IsValid(now))
        {
            return new(GenerationId.None);
        }

        if (!_entry.TryBeBusy(now + _host.GenerationLease))
        {
            return new(GenerationId.None);
        }

        return new(_gate.GrantSet(new(Guid.NewGuid()), _host.Ledger.Stamp(), now, _host.GenerationLease).Id);
    }

    public async ValueTask<SetOutcome> Set(GenerationId token, EntryData data, TimeSpan age)
    {
        var now = _host.Now;
        if (_gate.TakeSet(token, now) is not { } set)
        {
            return new(CommitOutcome.UnknownToken, ChangeOutcome.Incomplete("The token of the set is late or unknown."));
        }

        // One turn: what is stored now is kept through the expiry that begins now; every other value of the key falls to it. The value is older
        // than its token: a tag that was updated or revalidated since the call was made is newer than it. Sets of one key are ordered by their tokens alone.
        var outcome = Keep(_host.AsOfItsCall(set, age), data, now, keyStamp: set.Stamp);
        if (outcome.Status == CommitStatus.Refused)
        {
            return new(outcome, ChangeOutcome.Incomplete("The value was refused; nothing has happened."));
        }

        var kept = _entry.Value is { } value && (outcome.Status == CommitStatus.Stored || value.KeyStamp > set.Stamp) ? value : null;
        var completion = UpdateKey(kept);
        WakeWaiters();
        _host.Metrics.OnCommit(outcome.Status);
        return new(outcome, await completion);
    }

    public async ValueTask<ChangeOutcome> Remove() => await UpdateKey(kept: null);

    public ValueTask<EntryDescription?> Describe()
    {
        var now = _host.Now;
        if (!_host.Lease.IsValid(now) || _entry.Value is not { } value || FreshnessOf(value, now) is var freshness && freshness == Freshness.Expired)
        {
            return new((EntryDescription?)null);
        }

        var snapshot = value.SnapshotAt(now) with { Payload = Payload.Null with { ContentType = value.Payload.ContentType } };
        return new(new EntryDescription(snapshot, freshness == Freshness.Stale, value.Payload.Bytes.Length, _host.Silo));
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _host.Table.Close(_entry);
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

        if (!_host.Lease.IsValid(now))
        {
            return AnswerWithoutLease(now);
        }

        // Interest first, the check second (invariant C3).
        var value = _entry.Value;
        var session = value is not null && request.Sessions is { } named ? _host.Sessions.Register(named, value.Records) : null;
        var freshness = value is null ? Freshness.Expired : FreshnessOf(value, now);
        if (freshness == Freshness.Fresh)
        {
            // Still the entry's: so the records that were checked were held, and every later change finds the interest.
            if (!request.IsRefresh)
            {
                value!.Read(now);
            }

            var terms = Terms(request.Sessions, session, isLive: ReferenceEquals(_entry.Value, value));
            return new(AcquireStatus.Fresh, value!.SnapshotAt(now), GenerationId.None, terms);
        }

        if (freshness == Freshness.Expired && !request.FreshOnly && IsInNeed(now) && value?.IsSpareAt(_host.Ledger, now) == true)
        {
            return new(AcquireStatus.Stale, value.SnapshotAt(now), GenerationId.None);
        }

        var mayServe = freshness == Freshness.Stale && !request.FreshOnly;
        if (!request.MayGenerate)
        {
            return mayServe ? new(AcquireStatus.Stale, value!.SnapshotAt(now), GenerationId.None) : Acquired.Miss;
        }

        var inFlight = _gate.InFlight(now);
        var isOwn = inFlight?.IsOf(request.Asker) == true;
        if (inFlight is not null && !isOwn && !MayStillBeStored(inFlight, request.Tags))
        {
            // Nobody waits for it: its maker may take as long as it likes, for its own caller.
            _gate.Supersede();
            inFlight = null;
        }

        if (inFlight is not null && !isOwn && !mayServe)
        {
            return now < _notForStoringUntil ? Acquired.NotForStoring : null;
        }

        if (inFlight is null && !_entry.TryBeBusy(now + _host.GenerationLease))
        {
            // On its way out: who asks again finds the next activation.
            return Acquired.Busy;
        }

        var token = isOwn ? inFlight!.Id : inFlight is not null ? GenerationId.None : GrantToken(now, request.Asker);
        var entry = freshness == Freshness.Stale ? value!.SnapshotAt(now) : null;
        return new(mayServe ? AcquireStatus.Stale : AcquireStatus.Miss, entry, token, Terms(request.Sessions, registered: null, isLive: false));
    }

    /// <summary>Whether a value past its life is served at once: its source has just failed, or takes longer than its readers wait.</summary>
    private bool IsInNeed(Moment now) =>
        _need is { } need
        && (now < need.Until || (!need.Dawdling.IsNone && _gate.InFlight(now) is { } inFlight && inFlight.Id == need.Dawdling));

    private Acquired AnswerWithoutLease(Moment now) =>
        _host.ServesWithoutLease && _entry.Value is { } value && FreshnessOf(value, now) is var freshness && freshness != Freshness.Expired
            ? new(
                freshness == Freshness.Fresh ? AcquireStatus.Fresh : AcquireStatus.Stale,
                value.SnapshotAt(now, promiseSuspended: true),
                GenerationId.None)
            : Acquired.NotServing;

    private NearTerms? Terms(SessionId[]? named, Session? registered, bool isLive) =>
        named is null ? null : _host.Sessions.Terms(named, registered, isLive);

    private Freshness FreshnessOf(StoredValue value, Moment now) => value.FreshnessAt(_host.Ledger, now);

    /// <summary>Whether what is being made could be stored: nothing that it bears, as far as its reader knows, was expired since its token.</summary>
    private bool MayStillBeStored(Generation inFlight, string[]? tags) =>
        _host.Ledger.IsLive(TagId.OfEntry(_entry.ScopedKey, tags ?? []), inFlight.Stamp);

    /// <summary>Whoever waits for a value that is not for storing waits for nothing, and so does the next: in the whole cluster, one after the other.</summary>
    private void Remember(bool isForStoring) => _notForStoringUntil = isForStoring ? Moment.Past : _host.Now + NotForStoringMemory;

    /// <summary>The stamp is read here, before the factory can have begun.</summary>
    private GenerationId GrantToken(Moment now, Guid asker) =>
        _gate.Grant(new(Guid.NewGuid()), _host.Ledger.Stamp(), now, _host.GenerationLease, asker).Id;

    /// <summary>Ends with the generation in flight, with its lease (a dead generator does not block the key), or with the wait.</summary>
    private async Task GenerationEnded(Moment until, Moment now)
    {
        if (_gate.InFlight(now) is { } inFlight)
        {
            // Made by whoever waits, not with the token: a set wakes all waiters while the generation goes on.
            _generationEnded ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            var wait = Moment.Earlier(until, inFlight.LeaseEnd) - now;
            await _generationEnded.Task.WaitAsync(wait, _host.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private void WakeWaiters()
    {
        if (_gate.IsIdle(_host.Now))
        {
            _entry.BusyUntil = Moment.Past;
        }

        _generationEnded?.TrySetResult();
        _generationEnded = null;
    }

    /// <summary>Stores what was generated if all of it may still be believed.</summary>
    private CommitOutcome Keep(Generation generation, EntryData data, Moment now, SessionId[]? sessions = null, Stamp? keyStamp = null)
    {
        if (_host.FaultOf(data) is { } fault)
        {
            return new(CommitStatus.Refused, fault);
        }

        if (!_host.Lease.IsValid(now))
        {
            return CommitOutcome.NotServing;
        }

        // Interest first, the check second (invariant C3).
        var records = _host.Ledger.Hold(TagId.OfEntry(_entry.ScopedKey, data.Tags));
        var value = new StoredValue(data, generation.Stamp, generation.GrantedAt, records, keyStamp);
        var session = sessions is null ? null : _host.Sessions.Register(sessions, records);

        // Stalings before expiries: one whose deadline has passed becomes an expiry, and only then goes.
        var staling = value.Staling();
        if (!value.IsLiveIn(_host.Ledger) || !_host.MayKeepWhatWasCopied(_entry.ScopedKey, data, generation.Stamp))
        {
            _host.Ledger.Release(records);
            return CommitOutcome.Superseded with { Near = Terms(sessions, session, isLive: false) };
        }

        // A revalidation since the token makes it stale from the start: served, but not kept near as fresh, and not beyond the deadline.
        if (staling.IsOverAt(now))
        {
            _host.Ledger.Release(records);
            return CommitOutcome.Superseded with { Near = Terms(sessions, session, isLive: false) };
        }

        _host.Table.Store(_entry, value);
        _need = null;
        if (staling.IsStale && data.IsLoaded)
        {
            _host.RefreshSoon(_entry.ScopedKey);
        }

        return CommitOutcome.Stored with { IsStale = staling.IsStale, Near = Terms(sessions, session, isLive: !staling.IsStale) };
    }

    /// <summary>Expires every value of the key in every process, but for the one that is kept here.</summary>
    private async Task<ChangeOutcome> UpdateKey(StoredValue? kept)
    {
        var request = new ChangeRequest([TagId.OfKey(_entry.ScopedKey)], StaleFor: null);
        Task<ChangeOutcome>? completion = null;
        if (kept is not null)
        {
            // Another silo's activation may have expired the key meanwhile: the kept value must not be carried over that.
            kept.CarryOver(keyStamp =>
            {
                (var applied, completion) = _host.Invalidator.Begin(request, () => kept.KeyAdmits(keyStamp));
                return applied;
            });
        }
        else
        {
            (_, completion) = _host.Invalidator.Begin(request);
            if (_entry.Value is { } dead)
            {
                _host.Table.Drop(_entry, dead);
            }
        }

        return await _host.Invalidator.Within(completion!, KeyUpdatePatience);
    }

    /// <summary>Shorter than the calls' time-out, so that the caller hears why.</summary>
    private static readonly TimeSpan KeyUpdatePatience = TimeSpan.FromSeconds(4);

    /// <summary>How long nobody waits after a value that was not for storing.</summary>
    private static readonly TimeSpan NotForStoringMemory = TimeSpan.FromSeconds(10);

    /// <summary>Until when a value past its life is served at once, and the generation that takes too long.</summary>
    private sealed record Need(Moment Until, GenerationId Dawdling);
}
