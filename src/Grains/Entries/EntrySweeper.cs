using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Ownership;
using OrleansTagCache.Tasks;

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

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AgePass = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan EmptyFor = TimeSpan.FromSeconds(10);

    private readonly EntryTable _table;
    private readonly TagLedger _ledger;
    private readonly Owners _owners;
    private readonly TimeProvider _time;
    private readonly ILogger<EntrySweeper> _logger;
    private readonly TimeSpan _generationLease;
    private readonly IFreedMemory? _freedMemory;
    private readonly ConcurrentQueue<(LocalEntry Entry, Moment Since)> _empties = new();
    private readonly Queue<(Stamp Stamp, Moment At)> _marks = new();
    private readonly LocalEntry?[] _slice = new LocalEntry?[SliceSize];
    private readonly CancellationTokenSource _stop = new();
    private (LocalEntry Entry, Moment Since)? _oldestEmpty;
    private Task _loop = Task.CompletedTask;
    private long _freed;
    private Moment _lastFreed;

    public EntrySweeper(
        EntryTable table,
        TagLedger ledger,
        Owners owners,
        TimeProvider time,
        TimeSpan generationLease,
        ILogger<EntrySweeper> logger,
        IFreedMemory? freedMemory = null)
    {
        (_table, _ledger, _owners, _time, _generationLease, _logger, _freedMemory) = (table, ledger, owners, time, generationLease, logger, freedMemory);
        table.Emptied += entry => _empties.Enqueue((entry, time.Now()));
    }

    public void Start() => _loop = Task.Run(Run);

    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _loop;
    }

    public void Dispose() => _stop.Dispose();

    private Task Run()
    {
        var swept = _ledger.Stamp();
        var lastPass = _time.Now();
        var silos = Rendezvous.OfNone;
        return BackgroundLoop.Loop(Round, LogFailed, _time, _stop.Token);

        async Task<bool> Round()
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
            TellWhenQuiet();
            CacheEvents.Write(CacheEvent.SweepEnded, this);
            return true;
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
                if (entry.Value is { } value && (value.FreshnessAt(_ledger, now) == Freshness.Expired || (mayBeAstray && _owners.IsAstray(entry.ScopedKey))))
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

    /// <summary>Tells the owner of the process what there is to collect, once nothing more is released.</summary>
    private void TellWhenQuiet()
    {
        var quiet = _time.Now() - _lastFreed;
        if (_freedMemory is not null && _oldestEmpty is null && _empties.IsEmpty && quiet >= EmptyFor && _freedMemory.TryTake(_freed, quiet))
        {
            _freed = 0;
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
