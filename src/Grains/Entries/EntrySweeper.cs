using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Ownership;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Entries;

/// <summary>
/// Gives back the memory of what is dead: values that an update or their age expired, or whose
/// entry belongs to another silo since one came or went, and slots whose tokens have ended without a value.
/// It works in slices with pauses between them, so that a million dead values cost their readers nothing.
/// </summary>
/// <remarks>One loop. Nothing rests on it: a dead value is refused at every read whether it was swept or not.</remarks>
internal sealed partial class EntrySweeper : IDisposable
{
    /// <summary>How many entries a slice looks at: some milliseconds of work would be seen by readers on the same core.</summary>
    private const int SliceSize = 256;

    /// <summary>How many slots without a value may be kept for a token that is out; beyond it tokens are lost, which costs a repeated generation.</summary>
    private const int MaximumWatched = 100_000;

    /// <summary>How many slots without a value are looked at in a round.</summary>
    private const int WatchedSlice = 2_048;

    /// <summary>Between two slices.</summary>
    private static readonly TimeSpan SlicePause = TimeSpan.FromMilliseconds(3);

    /// <summary>Between two rounds while there is work.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>After a round that found nothing to do, doubled after each one that follows: an idle silo leaves the processor to those that work.</summary>
    private static readonly TimeSpan IdlePause = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan AgePass = TimeSpan.FromSeconds(10);

    /// <summary>A copy stays as long where another silo is the standby now: that one may not have it yet.</summary>
    private static readonly TimeSpan CopyGrace = TimeSpan.FromMinutes(2);

    /// <summary>How long nothing more must have been freed before the owner of the process is told.</summary>
    private static readonly TimeSpan QuietFor = TimeSpan.FromSeconds(10);

    private readonly EntryStore _store;
    private readonly EntryTable _table;
    private readonly TagLedger _ledger;
    private readonly Owners _owners;
    private readonly TimeProvider _time;
    private readonly ILogger<EntrySweeper> _logger;
    private readonly TimeSpan _generationLease;
    private readonly IFreedMemory? _freedMemory;

    /// <summary>Whether what belongs elsewhere in that view was sent there: what is left of it is dead here.</summary>
    private readonly Func<Rendezvous, bool> _haveLeft;

    private readonly Queue<(Stamp Stamp, Moment At)> _marks = new();

    /// <summary>Older than every generation that may still be running.</summary>
    private Stamp _mark;
    private readonly EntrySlot?[] _slice = new EntrySlot?[SliceSize];
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private Task _loop = Task.CompletedTask;
    private long _freed;
    private Moment _lastFreed;
    private Moment _viewSince;

    public EntrySweeper(
        EntryStore store,
        EntryTable table,
        TagLedger ledger,
        Owners owners,
        TimeProvider time,
        TimeSpan generationLease,
        ILogger<EntrySweeper> logger,
        Func<Rendezvous, bool> haveLeft,
        IFreedMemory? freedMemory = null)
    {
        (_haveLeft, _stopping) = (haveLeft, _stop.Token);
        (_store, _table, _ledger, _owners, _time, _logger, _generationLease, _freedMemory) = (store, table, ledger, owners, time, logger, generationLease, freedMemory);
    }

    public void Start() => _loop = Task.Run(Run);

    public async Task Stop()
    {
        _stop.End();
        await _loop;
    }

    public void Dispose() => _stop.End();

    private Task Run()
    {
        var swept = _ledger.Stamp();
        var lastPass = _time.Now();
        var silos = Rendezvous.OfNone;
        var pause = Pause;
        return BackgroundLoop.Loop(Round, LogFailed, _time, _stopping);

        async Task<bool> Round()
        {
            await Task.Delay(pause, _time, _stopping);
            var stamp = _ledger.Stamp();
            var view = _owners.Silos;
            var current = _haveLeft(view) ? view : silos;
            var isChanged = stamp > swept || !ReferenceEquals(silos, current);
            var isAgePass = _table.ValueCount > 0 && _time.Now() - lastPass > AgePass;
            pause = isChanged ? Pause : _table.WatchedCount switch
            {
                > WatchedSlice => Pause,
                > 0 => IdlePause,
                _ => TimeSpan.FromTicks(Math.Clamp(2 * pause.Ticks, IdlePause.Ticks, LongestPause.Ticks)),
            };
            if (isChanged || isAgePass)
            {
                (swept, lastPass) = (stamp, _time.Now());
                _viewSince = ReferenceEquals(silos, current) ? _viewSince : lastPass;
                await SweepValues(current, mayBeAstray: isAgePass || !ReferenceEquals(silos, current));
                silos = current;
            }

            SweepWatched(WatchedSlice);
            ForgetRecords();
            TellWhenQuiet();
            CacheEvents.Write(CacheEvent.SweepEnded, this);
            return true;
        }
    }

    private async Task SweepValues(Rendezvous view, bool mayBeAstray)
    {
        // What is stored during the pass, and not seen by it, is a generation that may still be running as it begins.
        var oldest = _mark;
        for (var end = int.MaxValue; end > 0;)
        {
            end = _table.SliceBefore(end, _slice, out var count);
            var now = _time.Now();
            for (var i = 0; i < count; i++)
            {
                var entry = _slice[i]!;
                if (entry.Value is { } value && IsDead(entry, value) && _store.Drop(entry, value, IsDead))
                {
                    Freed(value.Bytes, now);
                    _slice[i] = null;
                    continue;
                }

                oldest = entry.Value is { } kept ? Stamp.Min(oldest, kept.Stamp) : oldest;
                if (mayBeAstray && entry.Value is { IsStandbyCopy: true } copy && !_owners.IsAstray(entry.ScopedKey))
                {
                    // It came when this silo owned the key already.
                    _store.Own(entry, copy, isOwn: true);
                }

                _slice[i] = null;
            }

            SweepWatched(SliceSize);
            await Task.Delay(SlicePause, _time, _stopping);
        }

        _ledger.ForgetRemembered(oldest);

        bool IsDead(EntrySlot slot, StoredValue value) =>
            value.FreshnessAt(_ledger, _time.Now()) == Freshness.Expired
            || (mayBeAstray && ReferenceEquals(_owners.Silos, view) && !_owners.MayHold(slot.ScopedKey, value.IsStandbyCopy) && (!value.IsStandbyCopy || _time.Now() - _viewSince > CopyGrace) && _haveLeft(view));
    }

    /// <summary>Lets slots go whose tokens have ended. Should there be too many without a value, those that were watched longest go with their tokens.</summary>
    private void SweepWatched(int most)
    {
        var now = _time.Now();
        var left = Math.Min(_table.WatchedCount, most);
        var tooMany = left == 0 ? 0 : _table.SlotCount - _table.ValueCount - MaximumWatched;
        while (left-- > 0 && _table.TakeWatched() is { } slot)
        {
            lock (slot.Gate)
            {
                slot.IsWatched = false;
                if (slot.IsRetired || slot.Value is not null)
                {
                    continue;
                }

                if (slot.IsEmpty(now) || tooMany-- > 0)
                {
                    _table.RetireNeedsGate(slot);
                    continue;
                }

                slot.IsWatched = true;
            }

            _table.WatchAgain(slot);
        }
    }

    private void Freed(long bytes, Moment now) => (_freed, _lastFreed) = (_freed + bytes, now);

    /// <summary>Tells the owner of the process what there is to collect, once nothing more is released.</summary>
    private void TellWhenQuiet()
    {
        var quiet = _time.Now() - _lastFreed;
        if (_freedMemory is not null && quiet >= QuietFor && _freedMemory.TryTake(_freed, quiet))
        {
            _freed = 0;
        }
    }

    /// <summary>A record that is older than any generation that may still be running is of no use to one. What is remembered for readers goes after a pass, when no value is as old either (invariant S3).</summary>
    private void ForgetRecords()
    {
        var now = _time.Now();
        if (_marks.Count == 0 || now - _marks.Last().At > TimeSpan.FromSeconds(1))
        {
            _marks.Enqueue((_ledger.Stamp(), now));
        }

        while (_marks.TryPeek(out var mark) && now - mark.At > LeaseTerms.WaitOut(_generationLease))
        {
            _marks.Dequeue();
            _mark = mark.Stamp;
            _ledger.Forget(mark.Stamp);
        }

        if (_table.ValueCount == 0)
        {
            _ledger.ForgetRemembered(_mark);
        }
    }

    [LoggerMessage(3101, LogLevel.Error, "A round of sweeping failed; the next one tries again")]
    private partial void LogFailed(Exception exception);
}
