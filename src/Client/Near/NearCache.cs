using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Listeners;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Near;

/// <summary>
/// Values in the reader's own process, under the one rule of the protocol: the stamp was read before the value was asked for, and at every hit
/// nothing that the value bears has been expired since. A fresh hit sends no message, allocates nothing and takes no lock.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class NearCache : IDisposable
{
    /// <summary>How many entries one look for dead ones sees.</summary>
    private const int SweepBudget = 4_096;

    private static readonly TimeSpan SweepPeriod = TimeSpan.FromMilliseconds(250);

    private readonly INearLeases _leases;
    private readonly TagLedger _ledger;
    private readonly TimeProvider _time;
    private readonly ILogger<NearCache> _logger;
    private readonly NearMap? _map;
    private readonly OnDemandTimer? _sweeping;
    private readonly Lock _sweep = new();
    private IEnumerator<NearEntry?>? _walk;
    private int _walkBeganWith;

    public NearCache(INearLeases leases, TagCacheClientOptions options, CacheListeners listeners, TimeProvider time, ILogger<NearCache> logger)
    {
        (_leases, _ledger, _time, _logger) = (leases, leases.Ledger, time, logger);
        if (options.NearCache == NearCacheMode.On)
        {
            var ns = CacheNamespace.Parse(options.Namespace);
            Action<string>? evicted = listeners.Hear(TagCacheEventKinds.Evicted) ? key => listeners.OnEntry(TagCacheEventKinds.Evicted, ns.Scope(key), outcome: null) : null;
            _map = new(_ledger, ns, options.NearCacheMaximumEntries, options.NearCacheMaximumBytes, evicted);
            _ledger.Add(_map);
            _sweeping = new(SweepPeriod, Sweep, LogFailed, time);
        }
    }

    public int Count => _map?.Count ?? 0;

    public long Bytes => _map?.Bytes ?? 0;

    /// <summary>The entry, if it may be served at this moment.</summary>
    /// <param name="key">The key, without its namespace.</param>
    /// <param name="freshOnly">Whether a stale entry is as good as none.</param>
    public NearHit Find(string key, bool freshOnly) => _map is not null && _map.TryGet(key, out var entry) ? Look(entry, freshOnly) : default;

    /// <inheritdoc cref="Find(string, bool)"/>
    public NearHit Find(ReadOnlySpan<char> key, bool freshOnly) => _map is not null && _map.TryGet(key, out var entry) ? Look(entry, freshOnly) : default;

    /// <summary>To be called before a question is asked whose answer may be kept.</summary>
    /// <param name="mayKeep">False if this caller wants nothing kept.</param>
    public NearAsk Ask(bool mayKeep = true) =>
        mayKeep && _map is not null ? new(_ledger.Stamp(), _time.Now(), _leases.Sessions, MayKeep: true) : default;

    /// <summary>The same question goes on: its stamp and time stay, and the sessions that are held now are named.</summary>
    public NearAsk Again(NearAsk ask) => ask.MayKeep ? ask with { Sessions = _leases.Sessions } : ask;

    /// <summary>An entry was answered: a value that another process keeps.</summary>
    /// <param name="key">The key, without its namespace.</param>
    /// <param name="scopedKey">The key with its namespace.</param>
    /// <param name="snapshot">The entry, with strings of its own.</param>
    /// <param name="said">The tags that the reader would give the value, which it mostly holds for as long: of those that the entry bears, its strings are kept.</param>
    /// <param name="terms">What the silo said beside the answer.</param>
    /// <param name="ask">What was read before it was asked.</param>
    public void KeepCopy(string key, string scopedKey, EntrySnapshot snapshot, string[]? said, NearTerms? terms, NearAsk ask)
    {
        if (ask.MayKeep && _leases.Accept(terms, ask) is { } lease && !snapshot.PromiseSuspended)
        {
            var all = TagId.OfEntryAndKey(scopedKey, TagSet.AsHeld(snapshot.Tags, said));
            Keep(key, scopedKey, snapshot.Payload, all.AsSpan(..^1), copied: all, snapshot.Life, snapshot.Age, ask, lease, snapshot.Sliding, snapshot.EagerAt);
        }
    }

    /// <summary>A value was generated after the question, and found live when it was committed.</summary>
    public void KeepGenerated(string key, string scopedKey, EntryData data, NearTerms? terms, NearAsk ask)
    {
        if (!ask.MayKeep || _leases.Accept(terms, ask) is not { } lease)
        {
            return;
        }

        // Made from other entries, it is a copy of them: under their tags, and under `*`.
        var copied = data.CopiedTags is { } tags ? TagId.OfEntry(scopedKey, tags) : [];
        Keep(key, scopedKey, data.Payload, TagId.OfEntry(scopedKey, data.Tags), copied, data.Life, TimeSpan.Zero, ask, lease, data.Sliding, data.EagerAt);
    }

    /// <summary>An answer without a value to keep was given: its terms renew the session all the same.</summary>
    public void Hear(NearTerms? terms, NearAsk ask)
    {
        if (ask.MayKeep)
        {
            _leases.Accept(terms, ask);
        }
    }

    public void Dispose() => _sweeping?.Dispose();

    private NearHit Look(NearEntry entry, bool freshOnly)
    {
        var now = _time.Now();
        var state = entry.StateAt(_ledger, now);
        return state <= NearState.Due || (state == NearState.Stale && !freshOnly) ? new(entry, now, state) : default;
    }

    private void Keep(
        string key,
        string scopedKey,
        Payload payload,
        ReadOnlySpan<TagId> tags,
        ReadOnlySpan<TagId> copied,
        CacheLife life,
        TimeSpan age,
        NearAsk ask,
        INearLease lease,
        TimeSpan sliding,
        TimeSpan eagerAt)
    {
        // The slot first: the ledger has to find it when the key is updated.
        var slot = _map!.Take(key);
        var (records, isKeyLive) = _ledger.Attach(tags, TagId.OfKey(scopedKey), slot, ask.Stamp);

        // What this silo made itself may have been stored where it belongs before that silo heard of a hold; then this one asks (invariant H2).
        if ((_ledger.IsHeld(records) && ProtocolRules.HeldIsNotKeptNear) || !isKeyLive || !_leases.MayKeep(tags, copied, ask.Stamp))
        {
            _ledger.Detach(records, slot);
            _map.GiveBack(slot);
            return;
        }

        // Older than it may be, never younger: it was as old as that when the answer was given, after the question.
        // A read of the cluster has just restarted its sliding expiration there, or the commit has begun it.
        var readAt = sliding > TimeSpan.Zero ? _time.Now() : default;
        var extra = ExtraLife.Of(TimeSpan.Zero, sliding, readAt, eagerAt);
        var entry = new NearEntry(payload, Alike.Share(life), ask.At + -age, ask.Stamp, records, slot, lease, extra, readAt);
        lease.Kept();
        _map.Store(slot, entry, payload.Bytes.Length);
        _sweeping!.Start();
        CacheEvents.Write(CacheEvent.NearKept, this);
    }

    /// <summary>Gives back the memory of what will never be served again, a slice at a time. Nothing rests on it.</summary>
    /// <returns>Whether anything is left to be swept, now or later.</returns>
    private bool Sweep()
    {
        if (!_sweep.TryEnter())
        {
            return true;
        }

        try
        {
            var now = _time.Now();
            var count = _map!.Count;
            if (count > _walkBeganWith + (_walkBeganWith / 4))
            {
                // A walk keeps the map's table in memory as it was when the walk began: in a map that has grown since it begins again.
                EndWalk();
            }

            if (_walk is null)
            {
                (_walk, _walkBeganWith) = (_map.Walk(), count);
            }

            for (var budget = SweepBudget; budget > 0; budget--)
            {
                if (!_walk.MoveNext())
                {
                    EndWalk();
                    break;
                }

                if (_walk.Current is { } entry && entry.IsDead(_ledger, now))
                {
                    _map.Remove(entry);
                }
            }

            if (_map.Count > 0)
            {
                return true;
            }

            EndWalk();
            return false;
        }
        finally
        {
            _sweep.Exit();
        }
    }

    private void EndWalk()
    {
        _walk?.Dispose();
        _walk = null;
    }

    [LoggerMessage(2321, LogLevel.Error, "A sweep of the near cache failed; the next one follows")]
    private partial void LogFailed(Exception exception);
}

/// <summary>What was found near; the default found nothing.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="At">The clock as it was read for this hit.</param>
/// <param name="State">Fresh, due or stale.</param>
internal readonly record struct NearHit(NearEntry? Entry, Moment At, NearState State)
{
    /// <summary>Whether it is served while it is refreshed.</summary>
    public bool IsStale => State == NearState.Stale;

    /// <summary>Whether nothing is to be done beside serving it.</summary>
    public bool IsQuiet => State == NearState.Fresh;
}
