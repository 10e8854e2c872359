using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Placement;

namespace OrleansTagCache.Entries;

/// <summary>
/// Gives back the memory of what is dead: values that an update or their age expired, or whose
/// entry belongs to another silo since one came or went, and activations that have stood empty for a while.
/// It works in slices with pauses between them, so that a million dead values cost their readers nothing.
/// </summary>
/// <remarks>One loop. Nothing rests on it: a dead value is refused at every read whether it was swept or not.</remarks>
internal sealed partial class EntrySweeper : IDisposable
{
    /// <summary>How many entries a slice looks at.</summary>
    private const int SliceSize = 2_048;

    /// <summary>How many empty activations may wait for their turn; beyond it they go without waiting.</summary>
    private const int MaximumEmpties = 10_000;

    /// <summary>How many of them may be kept for a token that is out; beyond it tokens are lost, which costs a repeated generation.</summary>
    private const int MaximumBusyEmpties = 100_000;

    /// <summary>How many bytes must have been let go for a collection to be asked for.</summary>
    private const long WorthACollection = 64L * 1024 * 1024;

    /// <summary>So much is compacted in a fraction of a second.</summary>
    private const long FewLiveBytes = 256L * 1024 * 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AgePass = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan EmptyFor = TimeSpan.FromSeconds(10);

    private readonly EntryTable _table;
    private readonly TagLedger _ledger;
    private readonly Owners _owners;
    private readonly TimeProvider _time;
    private readonly ILogger<EntrySweeper> _logger;
    private readonly TimeSpan _generationLease;
    private readonly ConcurrentQueue<(LocalEntry Entry, Moment Since)> _empties = new();
    private readonly Queue<(Stamp Stamp, Moment At)> _marks = new();
    private readonly LocalEntry?[] _slice = new LocalEntry?[SliceSize];
    private readonly CancellationTokenSource _stop = new();
    private (LocalEntry Entry, Moment Since)? _oldestEmpty;
    private Task _loop = Task.CompletedTask;
    private long _freed;
    private bool _isToGiveBack;
    private Moment _lastFreed;

    public EntrySweeper(
        EntryTable table, TagLedger ledger, Owners owners, TimeProvider time, TimeSpan generationLease, ILogger<EntrySweeper> logger)
    {
        (_table, _ledger, _owners, _time, _generationLease, _logger) = (table, ledger, owners, time, generationLease, logger);
        table.Emptied += entry => _empties.Enqueue((entry, time.Now()));
    }

    public void Start() => _loop = Task.Run(Run);

    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _loop;
    }

    public void Dispose() => _stop.Dispose();

    private async Task Run()
    {
        var swept = _ledger.Stamp();
        var lastPass = _time.Now();
        var silos = Rendezvous.OfNone;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Pause, _time, _stop.Token);
                var stamp = _ledger.Stamp();
                var current = _owners.Silos;
                var isAgePass = _time.Now() - lastPass > AgePass;
                if (stamp > swept || isAgePass || !ReferenceEquals(silos, current))
                {
                    (swept, lastPass) = (stamp, _time.Now());
                    await SweepValues(mayBeAstray: isAgePass || !ReferenceEquals(silos, current));
                    silos = current;
                }

                SweepEmpties();
                ForgetRecords();
                CollectWhenQuiet();
            }
            catch (OperationCanceledException)
            {
            }
            catch (Exception exception)
            {
                // The next round goes on: nothing but memory waits for it.
                LogFailed(exception);
            }
        }
    }

    private async Task SweepValues(bool mayBeAstray)
    {
        for (var end = int.MaxValue; end > 0;)
        {
            end = _table.SliceBefore(end, _slice, out var count);
            var now = _time.Now();
            for (var i = 0; i < count; i++)
            {
                var entry = _slice[i]!;
                if (entry.Value is { } value && (value.IsDeadAt(_ledger, now) || (mayBeAstray && _owners.IsAstray(entry.ScopedKey))))
                {
                    _table.Drop(entry, value);
                    Freed(value.Bytes, now);
                }

                _slice[i] = null;
            }

            await Task.Delay(Pause, _time, _stop.Token);
        }
    }

    private void SweepEmpties()
    {
        var now = _time.Now();
        for (var budget = SliceSize; budget > 0; budget--)
        {
            // Taken out and kept aside, not peeked at: a queue that was peeked at holds on to what leaves it.
            _oldestEmpty ??= _empties.TryDequeue(out var oldest) ? oldest : null;
            if (_oldestEmpty is not { } empty)
            {
                return;
            }

            var isCrowded = _empties.Count > MaximumEmpties;
            if (!isCrowded && now - empty.Since < EmptyFor)
            {
                return;
            }

            _oldestEmpty = null;
            if (empty.Entry.Value is not null || empty.Entry.IsClosed)
            {
                continue;
            }

            var isInUse = !isCrowded && now - empty.Entry.LastUse < EmptyFor;
            if (isInUse || !empty.Entry.TryRetire(now, evenIfBusy: _empties.Count >= MaximumBusyEmpties))
            {
                _empties.Enqueue((empty.Entry, now));
                continue;
            }

            empty.Entry.Context.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "Empty for a while."));
            _lastFreed = now;
        }
    }

    private void Freed(long bytes, Moment now) => (_freed, _lastFreed) = (_freed + bytes, now);

    /// <summary>
    /// A runtime that has nothing to do collects nothing, and the memory of what was swept would stay with the process. So, once it is quiet
    /// after much was let go, a background collection is asked for: forced, since the runtime declines any other while memory is plenty.
    /// </summary>
    /// <remarks>
    /// That one leaves the memory with the process. So where little is live, and a blocking collection is a matter of a fraction of a second, one
    /// follows that gives it back to the system; where much is live it stays for the values to come.
    /// </remarks>
    private void CollectWhenQuiet()
    {
        var quiet = _time.Now() - _lastFreed;
        if (_oldestEmpty is not null || !_empties.IsEmpty || quiet < EmptyFor)
        {
            return;
        }

        if (_freed >= WorthACollection)
        {
            (_freed, _isToGiveBack) = (0, true);
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        }
        else if (_isToGiveBack && quiet > 2 * EmptyFor)
        {
            _isToGiveBack = false;
            var heap = GC.GetGCMemoryInfo(GCKind.Background);
            if (heap.HeapSizeBytes - heap.FragmentedBytes <= FewLiveBytes)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }
        }
    }

    /// <summary>A record that is older than any generation that may still be running is of no use to one.</summary>
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
            _ledger.Forget(mark.Stamp);
        }
    }

    [LoggerMessage(3101, LogLevel.Error, "A round of sweeping failed; the next one tries again")]
    private partial void LogFailed(Exception exception);
}
