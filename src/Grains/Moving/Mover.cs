using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Ownership;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Moving;

/// <summary>
/// Sends the entries that belong to other silos now to where they belong: all that a joining silo gets, and everything that a leaving one has. What was read most goes first.
///
/// <para><b>Work.</b> A walk over the entries for each view of who owns what; a new view ends it and begins the next. What is stored here during a walk, or afterwards, and belongs elsewhere follows.
/// When a walk has ended, each silo that got something is told that this was all.</para>
///
/// <para><b>Bounds.</b> To each silo one batch is on its way at a time, of a quarter of a MB at most, most of the time none, and all together take no more bytes a second than the options say, so that
/// readers and updates do not suffer.</para>
/// </summary>
/// <remarks>Thread-safe. Nothing rests on it but warmth: what is not sent is generated again.</remarks>
internal sealed partial class Mover : IDisposable
{
    private static readonly TimeSpan FailurePause = TimeSpan.FromMilliseconds(100);

    /// <summary>What belongs to a silo that has come is there within this, if it can be: until then its misses ask here.</summary>
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(30);

    private const int MostAttempts = 5;

    private readonly EntryStore _store;
    private readonly EntryTable _table;
    private readonly Owners _owners;
    private readonly IPeers _peers;
    private readonly ILocalSiloDetails _self;
    private readonly MoveRate _rate;
    private readonly Standbys _standbys;
    private readonly SiloMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<Mover> _logger;
    private readonly Lock _gate = new();

    /// <summary>What was stored here since the walk began, and may belong elsewhere.</summary>
    private readonly List<EntrySlot> _late = [];

    private readonly MoveRecord _record = new();

    private readonly MovePace _pace;

    private CancellationTokenSource _current = new();
    private Task _walk = Task.CompletedTask;
    private Rendezvous _walkingFor = Rendezvous.OfNone;
    private volatile bool _isLeaving;
    private bool _isStopped;
    private bool _isWalking;
    private long _toSend;
    private long _sent;
    private long _refused;

    public Mover(EntryServices services, EntryStore store, EntryTable table, Owners owners, IPeers peers, ILocalSiloDetails self, Standbys standbys, MoveRate rate, SiloMetrics metrics, TimeProvider time, ILogger<Mover> logger)
    {
        (_store, _table, _owners, _peers, _self, _time, _logger) = (store, table, owners, peers, self, time, logger);
        (_standbys, _rate, _pace, _metrics) = (standbys, rate, new(time), metrics);
        services.Stored += Stored;
    }

    /// <summary>Entries that are still to be sent, those that were kept elsewhere since the start, and those that were not.</summary>
    public (long ToSend, long Sent, long Refused) Counts => (Math.Max(0, Interlocked.Read(ref _toSend)), Interlocked.Read(ref _sent), Interlocked.Read(ref _refused));

    /// <summary>Whether all that belongs elsewhere in the view of now was sent, as far as it was taken.</summary>
    public bool IsSettled => !HasToSend();

    /// <summary>Whether all that belongs elsewhere in that view was sent, as far as it was taken: what is left may be let go of. If it was not yet, it is begun.</summary>
    public bool HaveLeft(Rendezvous silos)
    {
        // Who there is may have changed without any word of it: what a silo can host is known a moment after it is active.
        _standbys.Reconsider();
        lock (_gate)
        {
            if (HasSentAllNeedsLock(silos))
            {
                // A silo that leaves serves to the end.
                return !_isLeaving;
            }
        }

        Reconsider();
        return false;
    }

    /// <summary>The cluster has changed, or may have: what belongs elsewhere now is sent there.</summary>
    public void Reconsider()
    {
        lock (_gate)
        {
            var silos = _owners.Silos;
            if (!_isStopped && Owns(silos) && !HasSentAllNeedsLock(silos) && !(_isWalking && ReferenceEquals(_walkingFor, silos)))
            {
                BeginNeedsLock(silos);
            }
        }
    }

    /// <summary>This silo leaves, and owns nothing in its own view any more: sends everything, until that is done or the caller does not wait any longer.</summary>
    /// <param name="hasSuccessors">Whether there is a silo that may take anything.</param>
    /// <param name="finishBy">By when everything is to be sent, if it can be.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task HandOver(Func<bool> hasSuccessors, Moment finishBy, CancellationToken cancellationToken)
    {
        _pace.FinishBy(finishBy);
        try
        {
            while (hasSuccessors() && MustWalkAsLeaver(out var walk))
            {
                await walk.WaitAsync(cancellationToken);
                if (HasToSend())
                {
                    await Task.Delay(FailurePause, _time, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            var (left, sent, _) = Counts;
            LogNotAllSent(left, sent);
        }

        await Stop();
    }

    /// <summary>Ends what is on its way: nothing is sent any more.</summary>
    public async Task Stop()
    {
        Task walk;
        lock (_gate)
        {
            _isStopped = true;
            _ = _current.CancelAsync();
            walk = _walk;
        }

        await walk.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isStopped = true;
            _current.Cancel();
            _current.Dispose();
        }
    }

    /// <summary>Whether something is left to send in the view of now, and the walk that sends it.</summary>
    private bool MustWalkAsLeaver(out Task walk)
    {
        lock (_gate)
        {
            _isLeaving = true;
            var silos = _owners.Silos;
            walk = _walk;
            if (_isStopped || HasSentAllNeedsLock(silos))
            {
                return false;
            }

            if (!(_isWalking && ReferenceEquals(_walkingFor, silos)))
            {
                BeginNeedsLock(silos);
            }

            walk = _walk;
            return true;
        }
    }

    /// <summary>A value was stored here: if it belongs elsewhere, it is sent on.</summary>
    private void Stored(EntrySlot slot)
    {
        if (slot.Value is { IsStandbyCopy: true } || !_owners.IsAstray(slot.ScopedKey))
        {
            return;
        }

        lock (_gate)
        {
            var silos = _owners.Silos;
            if (_isStopped || !Owns(silos))
            {
                return;
            }

            _late.Add(slot);
            if (!_isWalking)
            {
                BeginNeedsLock(silos);
            }
        }
    }

    /// <summary>Whether something is left that a walk did not send.</summary>
    private bool HasToSend()
    {
        lock (_gate)
        {
            return !HasSentAllNeedsLock(_owners.Silos);
        }
    }

    /// <summary>A silo that does not see itself among those that own keys moves nothing, unless it leaves: all that others have sent it would seem to be theirs.</summary>
    private bool Owns(Rendezvous silos) => _isLeaving || silos.Silos.Contains(_self.SiloAddress);

    private bool HasSentAllNeedsLock(Rendezvous silos) => !_isWalking && _late.Count == 0 && _record.HaveAll(silos);

    private void BeginNeedsLock(Rendezvous silos)
    {
        var (before, ended) = (_current, _walk);
        _ = before.CancelAsync();
        var current = _current = new();
        (_isWalking, _walkingFor) = (true, silos);
        if (!_isLeaving)
        {
            _pace.FinishBy(_time.Now() + JoinPatience);
        }

        _walk = Task.Run(async () =>
        {
            await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            before.Dispose();
            do
            {
                await Walk(silos, current.Token);
            }
            while (!HasEnded(silos, current.Token));
        });
    }

    /// <summary>What is stored from now on begins a walk of its own.</summary>
    private bool HasEnded(Rendezvous silos, CancellationToken stop)
    {
        lock (_gate)
        {
            if (stop.IsCancellationRequested)
            {
                return true;
            }

            _isWalking = _late.Count > 0 && _record.HaveAll(silos);
            return !_isWalking;
        }
    }

    private async Task Walk(Rendezvous silos, CancellationToken stop)
    {
        var lanes = silos.Silos.Where(silo => !silo.Equals(_self.SiloAddress)).ToDictionary(silo => silo, silo => new MoveLane(silo, _peers, _store, _rate, _pace, _time, Moved, stop));
        try
        {
            AddAll(silos, lanes);
            foreach (var lane in lanes.Values)
            {
                lane.Complete();
            }

            await Task.WhenAll(lanes.Select(lane => EndOf(silos, lane.Key, lane.Value, stop)));
            Record(record => record.Ended(silos, isWhole: lanes.Values.All(static lane => !lane.HasFailed)));
            CacheEvents.Write(CacheEvent.MoveEnded, this);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The next walk sees everything again, or the silo stops.
        }
        catch (Exception exception)
        {
            LogFailed(exception);
            Record(static record => record.Forget());
            await Task.Delay(FailurePause, _time, CancellationToken.None);
        }
        finally
        {
            foreach (var lane in lanes.Values)
            {
                lane.Complete();
            }

            await Task.WhenAll(lanes.Values.Select(lane => lane.Ended)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Everything that belongs elsewhere in a new view; in one that was walked, what was stored since.</summary>
    private void AddAll(Rendezvous silos, Dictionary<SiloAddress, MoveLane> lanes)
    {
        HashSet<EntrySlot> late;
        SiloAddress[] done;
        bool isWhole;
        lock (_gate)
        {
            (isWhole, late, done) = (!_record.HaveAll(silos), [.. _late], _record.DoneIn(silos));
            _late.Clear();
        }

        // What has everything already is not sent it again because another one failed.
        var all = MovePlan.Of(isWhole ? _table.Snapshot() : late, silos, (slot, owner) => lanes.ContainsKey(owner) && (late.Contains(slot) || !done.Contains(owner)));
        Interlocked.Exchange(ref _toSend, all.Length);
        if (all.Length == 0)
        {
            return;
        }

        LogSending(all.Length, _isLeaving);
        foreach (var (slot, owner) in all)
        {
            lanes[owner].Add(slot);
        }
    }

    /// <summary>What another silo has said of an entry: once it is there, or something newer is, it is let go of here, or kept as the copy of a standby; not by a silo that leaves, which serves its readers to the end.</summary>
    private void Moved(SentCopy copy)
    {
        Interlocked.Decrement(ref _toSend);
        if (copy is not { Value: { } value, Status: { } status })
        {
            return;
        }

        _metrics.OnMove(status);
        if (status is not (CopyStatus.Kept or CopyStatus.HasOwn))
        {
            Interlocked.Increment(ref _refused);
            return;
        }

        Interlocked.Increment(ref _sent);
        if (_isLeaving)
        {
            return;
        }

        if (_owners.MayHold(copy.Slot.ScopedKey, isStandbyCopy: _standbys.IsWanted(value)))
        {
            _store.Own(copy.Slot, value, isOwn: false);
        }
        else
        {
            _store.Drop(copy.Slot, value);
        }
    }

    /// <summary>A silo that has everything is told so, however long others take.</summary>
    private async Task EndOf(Rendezvous silos, SiloAddress silo, MoveLane lane, CancellationToken stop)
    {
        await lane.Ended;
        Record(record => record.Done(silos, silo, isDone: !lane.HasFailed));
        if (!lane.HasFailed)
        {
            await Tell(silo, stop);
        }
    }

    private void Record(Action<MoveRecord> record)
    {
        lock (_gate)
        {
            record(_record);
        }
    }

    /// <summary>Again and again, but not for ever: until then its readers' misses ask this silo first.</summary>
    private async Task Tell(SiloAddress silo, CancellationToken stop)
    {
        for (var attempts = 0; attempts < MostAttempts; attempts++)
        {
            try
            {
                await _peers.On(silo).HasSent(_self.SiloAddress).AsTask().WaitAsync(stop);
                return;
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                LogNotTold(exception, silo);
                await Task.Delay(FailurePause, _time, stop);
            }
        }
    }

    [LoggerMessage(3902, LogLevel.Information, "Sending {Count} entries to the silos that they belong to now; leaving: {IsLeaving}")]
    private partial void LogSending(int count, bool isLeaving);

    [LoggerMessage(3903, LogLevel.Warning, "There was no time to hand over {Left} entries; {Sent} are with other silos. They are generated again (see TagCache:HandoverTimeout)")]
    private partial void LogNotAllSent(long left, long sent);

    [LoggerMessage(3904, LogLevel.Error, "Entries that belong to other silos could not be sent; the next change of the cluster tries again")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(3905, LogLevel.Debug, "Silo {Silo} was not told that all was sent")]
    private partial void LogNotTold(Exception exception, SiloAddress silo);
}
