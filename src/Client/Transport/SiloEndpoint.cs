using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Transport;

/// <summary>The way to one silo's batch service, where requests of this process share messages.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class SiloEndpoint
{
    /// <summary>How long an answer is waited for: a silo that has not answered by then may be gone.</summary>
    private static readonly TimeSpan ReadTimeout = TimeSpan.FromMilliseconds(500);

    /// <summary>Longer than for a read: a value would be lost.</summary>
    private static readonly TimeSpan CommitTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How long a silo that did not answer is left alone at first; up to 32 times as long while it stays silent.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private const int MostDoublings = 5;

    /// <summary>How many of many reads share a message: few enough that one is read here while the silo writes the next, and that others do not wait long for its turn.</summary>
    public const int MaximumReads = 32;

    /// <summary>
    /// How many first trips of sets share a message. More than of anything else, since all that a first trip does is give a token: the longer it takes, the less exactly the silo knows
    /// when the call was made, and the longer after an update a set must come to be taken for newer.
    /// </summary>
    private const int MaximumBeginnings = 1_024;

    private readonly IBatchService _service;
    private readonly TimeProvider _time;
    private readonly ProbeGate _gate;
    private long _heardAt = Moment.Past.Ticks;
    private readonly RequestBatcher<EntryRead, Acquired> _named;
    private readonly RequestBatcher<EntryRead, Acquired> _unnamed;
    private readonly RequestBatcher<EntryOffer, CommitOutcome> _offers;
    private readonly RequestBatcher<string, SetBegun> _beginnings;
    private readonly RequestBatcher<KeyChange, KeyChanged> _changes;

    public SiloEndpoint(IBatchService service, TimeProvider time)
    {
        (_service, _time, _gate) = (service, time, new(time, tolerated: 0, FirstPause, MostDoublings));
        _named = new(Acquire, ReadTimeout, ReadTimeout, time, Heard);
        _unnamed = new(Acquire, ReadTimeout, ReadTimeout, time, Heard);
        _offers = new((offers, sessions) => service.Commit(offers, sessions).AsTask(), CommitTimeout, CommitTimeout, time, Heard);
        _beginnings = new((keys, _) => service.BeginSets(keys).AsTask(), ReadTimeout, CommitTimeout, time, Heard, MaximumBeginnings, tellsInTurn: true);
        _changes = new((changes, _) => service.Change(changes).AsTask(), Timeout.InfiniteTimeSpan, CommitTimeout, time, Heard);

        Task<Acquired?[]> Acquire(EntryRead[] reads, SessionId[]? sessions) => service.Acquire(reads, sessions).AsTask();
    }

    /// <summary>The longest that a read takes: as long as it may wait, until a message under way has ended, and its own.</summary>
    public static TimeSpan LongestRead => 3 * ReadTimeout;

    /// <summary>Whether it did not answer the last message.</summary>
    public bool IsSilent => !_gate.IsOpen;

    /// <summary>When it last answered; <see cref="Moment.Past"/> if it has not yet.</summary>
    public Moment HeardAt => new(Volatile.Read(ref _heardAt));

    /// <summary>Whether this call may use it.</summary>
    public bool MayTry() => _gate.MayTry();

    /// <summary>Reads an entry. Readers that keep nothing near do not share messages with those that do.</summary>
    public RequestBatcher<EntryRead, Acquired>.Call Acquire(EntryRead read, SessionId[]? sessions) => (sessions is null ? _unnamed : _named).Send(read, sessions);

    /// <summary>Reads many entries in a message of their own.</summary>
    public Task<Acquired?[]?> AcquireMany(EntryRead[] reads, SessionId[]? sessions) => Call(async () => (Acquired?[]?)await _service.Acquire(reads, sessions).ConfigureAwait(false), ReadTimeout);

    /// <summary>Offers a value to an entry; null if there is no answer this way.</summary>
    public Task<CommitOutcome?> Commit(EntryOffer offer, SessionId[]? sessions) => _offers.Send(offer, sessions, offer.Data.Payload.Bytes.Length).Answer;

    /// <summary>Gives a token back; null if there is no answer this way.</summary>
    public Task<bool?> Abandon(string scopedKey, TokenId token, bool isForStoring) => Call(() => _service.Abandon(scopedKey, token, isForStoring), ReadTimeout);

    /// <summary>Waits until the standby has what an entry has; as <see cref="IBatchService.Secure"/>.</summary>
    public Task<bool?> Secure(string scopedKey) => Call(async () => (bool?)await _service.Secure(scopedKey).ConfigureAwait(false), CommitTimeout);

    /// <summary>The first trip of a plain set; null if there is no answer this way.</summary>
    public Task<SetBegun?> BeginSet(string scopedKey) => _beginnings.Send(scopedKey, sessions: null, scopedKey.Length).Answer;

    /// <summary>The second trip of a plain set, or a removal; null if there is no answer this way. One that some process holds up is waited for apart from those that shared its message.</summary>
    public async Task<KeyChanged?> Change(KeyChange change)
    {
        var changed = await _changes.Send(change, sessions: null, change.Data?.Payload.Bytes.Length ?? 0).Answer.ConfigureAwait(false);
        return changed is { Update: null }
            ? changed with { Update = await Call(() => _service.Finish(changed.Pending)).ConfigureAwait(false) ?? UpdateOutcome.Incomplete("The silo does not know any more how it ended.") }
            : changed;
    }

    /// <summary>Updates or revalidates through a tag; null if there is no answer this way.</summary>
    public Task<UpdateOutcome?> Update(string tag, UpdateRequest request, Guid requestId) =>
        Call(() => request.IsUnknownToOlder ? _service.UpdateAll(tag, request, requestId) : _service.Update(tag, request, requestId));

    /// <summary>Holds tags through this silo, which coordinates the hold.</summary>
    public Task<HoldOutcome> Hold(HoldRequest request) => Call(() => _service.Hold(request));

    /// <summary>Ends a hold, and says whether it was held throughout; as <see cref="IBatchService.Release"/>.</summary>
    public Task<bool> Release(HoldRelease hold) => Call(() => _service.Release(hold));

    /// <summary>Calls the service, and waits for no longer than is said; else for as long as the call itself does.</summary>
    private async Task<T> Call<T>(Func<ValueTask<T>> call, TimeSpan? patience = null)
    {
        try
        {
            var answer = await call().AsTask().WaitAsync(patience ?? Timeout.InfiniteTimeSpan, _time).ConfigureAwait(false);
            Heard(fault: null);
            return answer;
        }
        catch (Exception exception)
        {
            Heard(exception);
            throw;
        }
    }

    /// <summary>A message was answered, or failed. A fault that the silo itself reports is an answer.</summary>
    internal void Heard(Exception? fault)
    {
        if (fault is TimeoutException or OrleansException)
        {
            _gate.Failed();
        }
        else
        {
            Volatile.Write(ref _heardAt, _time.Now().Ticks);
            _gate.Succeeded();
        }
    }
}
