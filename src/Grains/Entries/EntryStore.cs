using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Entries;

/// <summary>
/// The entries of this silo, for all who call them: the batch service and the entries' grains. Each decision runs under the gate of its entry; readers who have to wait do so outside
/// of it.
/// </summary>
/// <remarks>
/// Thread-safe. A slot exists while it has a value, a token that may come back, or something to remember. One that is empty is retired under its gate, so that a caller finds
/// it or makes the next, never both. Lock order: an entry's gate, the invalidator's lock, the sessions' and the ledger's; never two entries' gates.
/// </remarks>
internal sealed class EntryStore(EntryServices services)
{
    /// <summary>Shorter than the calls' time-out, so that the caller hears why.</summary>
    private static readonly TimeSpan KeyUpdatePatience = TimeSpan.FromSeconds(4);

    private readonly EntryTable _table = services.Table;

    private Moment Now => services.Now;

    /// <summary>A fresh value at once; null if there is none. Takes no lock.</summary>
    public Acquired? TryRead(string scopedKey, SessionId[]? sessions, bool mayRefreshEarly = false, string[]? softTags = null)
    {
        if (_table.Find(scopedKey) is not { } slot || slot.TryRead(sessions, services, mayRefreshEarly: mayRefreshEarly, softTags: softTags) is not { } fresh)
        {
            return null;
        }

        services.CountRead(scopedKey, AcquireStatus.Fresh);
        return fresh;
    }

    /// <summary>As <see cref="IEntryGrain.Acquire"/>, without waiting.</summary>
    public Acquired Ask(string scopedKey, AcquireRequest request) => Ask(scopedKey, request, until: Moment.Past).Answer ?? Acquired.Busy;

    /// <inheritdoc cref="IEntryGrain.Acquire"/>
    public async ValueTask<Acquired> Acquire(string scopedKey, AcquireRequest request)
    {
        if (!request.IsRefresh && TryRead(scopedKey, request.Sessions, request.MayRefreshEarly, request.SoftTags) is { } fresh)
        {
            return fresh;
        }

        var until = services.Now + request.Wait;
        while (true)
        {
            var (answer, wait) = Ask(scopedKey, request, until);
            if (answer is not null || wait is null)
            {
                return answer ?? Acquired.Busy;
            }

            CacheEvents.Write(CacheEvent.ReadWaiting, this);
            await wait.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <inheritdoc cref="IEntryGrain.Commit"/>
    public CommitOutcome Commit(string scopedKey, TokenId token, EntryData data, SessionId[]? sessions)
    {
        var outcome = CommitOutcome.UnknownToken;
        if (TryEnter(scopedKey) is { } slot)
        {
            using (var held = new Held(this, slot))
            {
                outcome = slot.Commit(token, data, sessions, services, held.Now);
            }

            MakeRoomBeside(slot, outcome.Status == CommitStatus.Stored);
        }

        services.Metrics.OnCommit(outcome);
        return outcome;
    }

    /// <inheritdoc cref="IEntryGrain.Abandon"/>
    public bool Abandon(string scopedKey, TokenId token, bool isForStoring)
    {
        if (TryEnter(scopedKey) is not { } slot)
        {
            return false;
        }

        using var held = new Held(this, slot);
        return slot.Abandon(token, isForStoring, held.Now);
    }

    /// <inheritdoc cref="IEntryGrain.FailSafe"/>
    public EntrySnapshot? FailSafe(string scopedKey, TokenId token, bool isOver)
    {
        if (TryEnter(scopedKey) is not { } slot)
        {
            return null;
        }

        using var held = new Held(this, slot);
        return slot.FailSafe(token, isOver, services, held.Now);
    }

    /// <inheritdoc cref="IEntryGrain.BeginSet"/>
    public TokenId BeginSet(string scopedKey)
    {
        var slot = Enter(scopedKey);
        using var held = new Held(this, slot);
        return slot.BeginSet(services, held.Now);
    }

    /// <inheritdoc cref="IEntryGrain.Set"/>
    public async ValueTask<SetOutcome> Set(string scopedKey, TokenId token, EntryData data, TimeSpan age, string? trace, SetSince? since = null)
    {
        var (outcome, completion) = Store(scopedKey, token, data, age, trace, since: since);
        return new(outcome, await Within(completion));
    }

    /// <inheritdoc cref="IEntryGrain.Remove"/>
    public async ValueTask<UpdateOutcome> Remove(string scopedKey, string? trace) => await Within(BeginRemoving(scopedKey, trace));

    /// <summary>Waits for what was begun, no longer than calls wait for an answer; then it goes on by itself.</summary>
    public Task<UpdateOutcome> Within(Task<UpdateOutcome> completion) =>
        completion.IsCompletedSuccessfully ? completion : services.Invalidator.Within(completion, KeyUpdatePatience);

    /// <inheritdoc cref="Invalidation.Invalidator.Send"/>
    public void Send(IEnumerable<SiloAddress> silos) => services.Invalidator.Send(silos);

    /// <summary>Stores a value that was set, and begins the update of its key: this silo has applied it when the call returns; the task ends when every process has.</summary>
    /// <param name="scopedKey">The entry.</param>
    /// <param name="token">From the first trip.</param>
    /// <param name="data">The value.</param>
    /// <param name="age">How long before the first trip's answer the value was made, or more.</param>
    /// <param name="trace">The <c>traceparent</c> of the call, if it is traced.</param>
    /// <param name="later">As in <see cref="Invalidation.Invalidator.Begin(UpdateRequest, Func{bool}, ICollection{SiloAddress})"/>.</param>
    /// <param name="since">As in <see cref="IEntryGrain.Set"/>.</param>
    public (CommitOutcome Commit, Task<UpdateOutcome> Completion) Store(
        string scopedKey, TokenId token, EntryData data, TimeSpan age, string? trace, ICollection<SiloAddress>? later = null, SetSince? since = null)
    {
        if (TryEnter(scopedKey) is not { } slot)
        {
            return RefusedAsLate;
        }

        CommitOutcome outcome;
        Task<UpdateOutcome> completion;
        using (var held = new Held(this, slot))
        {
            (outcome, var kept) = slot.Set(token, data, age, services, held.Now, since);
            if (SetOutcome.WithoutUpdate(outcome.Status, isSince: since is not null) is { } nothing)
            {
                return (outcome, Task.FromResult(nothing));
            }

            // Under one gate: what is stored now is kept through the expiry that begins now; every other value of the key falls to it.
            slot.WakeWaiters();
            completion = BeginUpdateNeedsGate(slot, kept, trace, later);
        }

        MakeRoomBeside(slot, outcome.Status == CommitStatus.Stored);
        services.Metrics.OnCommit(outcome);
        return (outcome, completion);
    }

    /// <summary>Drops the value, and begins the update of its key, as <see cref="Store"/>.</summary>
    public Task<UpdateOutcome> BeginRemoving(string scopedKey, string? trace, ICollection<SiloAddress>? later = null)
    {
        var slot = Enter(scopedKey);
        using var held = new Held(this, slot);
        return BeginUpdateNeedsGate(slot, kept: null, trace, later);
    }

    /// <inheritdoc cref="IEntryGrain.Describe"/>
    public EntryDescription? Describe(string scopedKey)
    {
        if (TryEnter(scopedKey) is not { } slot)
        {
            return null;
        }

        using var held = new Held(this, slot);
        return slot.Describe(services, held.Now) is { } told ? new(told.Snapshot, told.IsStale, told.Bytes, services.Silo) : null;
    }

    /// <summary>Whether a reader would find nothing here, and no generation that it could wait for. It may be so no more when the call returns.</summary>
    public bool IsMissing(string scopedKey)
    {
        if (_table.Find(scopedKey) is not { } slot)
        {
            return true;
        }

        var now = services.Now;
        lock (slot.Gate)
        {
            return !slot.IsGenerating(now) && (slot.Value is not { } value || value.FreshnessAt(services.Ledger, now) == Freshness.Expired);
        }
    }

    /// <summary>Whether this silo has the right to serve, and so to send what it has.</summary>
    public bool MayServe => services.MayServe(services.Now);

    /// <summary>The value for another silo, whose ticket was received before this call; null if there is nothing that may be sent.</summary>
    public EntryCopy? CopyOf(string scopedKey) => _table.Find(scopedKey) is { } slot ? CopyOf(slot)?.Copy : null;

    /// <summary>The same of a slot, with the value that it was read from.</summary>
    public (EntryCopy Copy, StoredValue Value)? CopyOf(EntrySlot slot)
    {
        lock (slot.Gate)
        {
            return slot.CopyFor(services, services.Now) is { } copy ? (copy, slot.Value!) : null;
        }
    }

    /// <summary>Keeps a copy of another silo's value, which came under a ticket of this one, if it may be believed and nothing newer is here or on its way.</summary>
    public CopyStatus Keep(EntryCopy copy, Ticket ticket)
    {
        var slot = Enter(copy.ScopedKey);
        CopyStatus status;
        using (var held = new Held(this, slot))
        {
            status = slot.KeepCopy(copy, ticket, services, held.Now);
            if (status == CopyStatus.Kept)
            {
                slot.WakeWaiters();
            }
        }

        MakeRoomBeside(slot, status == CopyStatus.Kept);

        // There may have been room for anything but the copy.
        return status == CopyStatus.Kept && slot.Value is null ? CopyStatus.Refused : status;
    }

    /// <summary>The entry becomes this silo's own, or one of which it holds a copy as a standby, if that value is still the entry's.</summary>
    public void Own(EntrySlot slot, StoredValue value, bool isOwn)
    {
        lock (slot.Gate)
        {
            if (ReferenceEquals(slot.Value, value) && value.IsStandbyCopy == isOwn)
            {
                _table.OwnNeedsGate(slot, isOwn);
                services.Owned(slot, isOwn);
            }
        }
    }

    /// <summary>Drops that value if it is still the entry's.</summary>
    /// <param name="slot">The entry.</param>
    /// <param name="value">The value.</param>
    /// <param name="onlyIf">Asked under the gate, where no set is just carrying the value over the expiry of its key; null for in any case.</param>
    public bool Drop(EntrySlot slot, StoredValue value, Func<EntrySlot, StoredValue, bool>? onlyIf = null)
    {
        lock (slot.Gate)
        {
            var isDropped = ReferenceEquals(slot.Value, value) && onlyIf?.Invoke(slot, value) != false;
            if (isDropped)
            {
                slot.Drop(services);
                _table.LetGoNeedsGate(slot, services.Now);
            }

            return isDropped;
        }
    }

    private static (CommitOutcome Commit, Task<UpdateOutcome> Completion) RefusedAsLate => (CommitOutcome.UnknownToken, Task.FromResult(SetOutcome.WithoutUpdate(CommitStatus.UnknownToken, isSince: false)!));

    /// <summary>Asks the entry once.</summary>
    /// <returns>The answer; or, until the moment that is given, the wait for it, which ends with the generation in flight, or with its lease: a dead generator does not block the key.</returns>
    private (Acquired? Answer, Task? Wait) Ask(string scopedKey, AcquireRequest request, Moment until)
    {
        // A reader that makes nothing leaves nothing behind.
        if ((request.MayGenerate ? Enter(scopedKey) : TryEnter(scopedKey)) is not { } slot)
        {
            return (Counted(scopedKey, services.MayServe(services.Now) ? Acquired.Miss : Acquired.NotServing, request), null);
        }

        Acquired? answer;
        Task? wait = null;
        using (var held = new Held(this, slot))
        {
            var now = held.Now;
            answer = slot.Acquire(request, services, now);
            if (answer is null && now < until)
            {
                wait = slot.WaitNeedsGate().WaitAsync(Moment.Earlier(until, slot.GenerationEnd(now)) - now, services.Time);
            }
        }

        if (answer is { Token.IsNone: false })
        {
            CacheEvents.Write(CacheEvent.TokenGranted, this);
        }

        return (answer is null ? null : Counted(scopedKey, answer, request), wait);
    }

    private Acquired Counted(string scopedKey, Acquired answer, AcquireRequest request)
    {
        if (!request.IsRefresh)
        {
            services.CountRead(scopedKey, answer.Status);
        }

        return answer;
    }

    /// <summary>Expires every value of the key in every process, but for the one that is kept here.</summary>
    private Task<UpdateOutcome> BeginUpdateNeedsGate(EntrySlot slot, StoredValue? kept, string? trace, ICollection<SiloAddress>? later)
    {
        var request = new UpdateRequest([TagId.OfKey(slot.ScopedKey)], StaleFor: null, trace is null ? null : [trace]);
        Task<UpdateOutcome>? completion = null;
        if (kept is not null)
        {
            // Another silo may have expired the key in between: the kept value must not be carried over that.
            kept.CarryOver(keyStamp =>
            {
                (var applied, completion) = services.Invalidator.Begin(request, () => kept.KeyAdmits(keyStamp), later);
                return applied;
            });
        }
        else
        {
            (_, completion) = services.Invalidator.Begin(request, later: later);
            slot.Drop(services);
        }

        return completion!;
    }

    private void MakeRoomBeside(EntrySlot stored, bool isStored)
    {
        while (isStored && _table.TakeVictim(stored) is { } victim)
        {
            if (victim.Value is { } value && Drop(victim, value, static (slot, _) => !slot.IsKept) && !value.IsStandbyCopy)
            {
                _table.Evicted(value);
            }
        }
    }

    /// <summary>The key's slot, with its gate taken.</summary>
    private EntrySlot Enter(string scopedKey)
    {
        while (true)
        {
            var slot = _table.FindOrAdd(scopedKey);
            Monitor.Enter(slot.Gate);
            if (!slot.IsRetired)
            {
                return slot;
            }

            Monitor.Exit(slot.Gate);
        }
    }

    /// <summary>The key's slot if it has one, with its gate taken.</summary>
    private EntrySlot? TryEnter(string scopedKey)
    {
        while (_table.Find(scopedKey) is { } slot)
        {
            Monitor.Enter(slot.Gate);
            if (!slot.IsRetired)
            {
                return slot;
            }

            Monitor.Exit(slot.Gate);
        }

        return null;
    }

    /// <summary>The gate of a slot, which was taken: it is given back when this is disposed of.</summary>
    private readonly ref struct Held(EntryStore store, EntrySlot slot) : IDisposable
    {
        /// <summary>The clock, read under the gate.</summary>
        public readonly Moment Now = store.Now;

        public void Dispose()
        {
            try
            {
                store._table.LetGoNeedsGate(slot, Now);
            }
            finally
            {
                Monitor.Exit(slot.Gate);
            }
        }
    }
}
