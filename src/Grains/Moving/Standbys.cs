using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Ownership;
using OrleansTagCache.Tasks;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Moving;

/// <summary>
/// Sees to it that entries outlive their silo: each that is to have a standby is sent, whenever it has a new value, to the silo that it would belong to without this one. That one holds
/// the copy, answers readers who do not reach this silo, and has the value already when it becomes the owner.
/// </summary>
/// <remarks>Thread-safe. Nothing rests on it but warmth.</remarks>
internal sealed partial class Standbys : IDisposable
{
    /// <summary>A writer that asks for it waits no longer than this for the standby.</summary>
    public static readonly TimeSpan SecurePatience = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(20);

    private readonly EntryStore _store;
    private readonly EntryTable _table;
    private readonly Owners _owners;
    private readonly IPeers _peers;
    private readonly TimeProvider _time;
    private readonly MoveRate _rate;
    private readonly bool _isDefault;
    private readonly ILogger<Standbys> _logger;
    private readonly ConcurrentDictionary<SiloAddress, Lazy<Lane>> _lanes = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopping;
    private readonly Lock _gate = new();
    private Rendezvous _seen = Rendezvous.OfNone;
    private long _unsecured;
    private int _walks;

    public Standbys(EntryServices services, EntryStore store, EntryTable table, Owners owners, IPeers peers, MoveRate rate, TimeProvider time, ILogger<Standbys> logger, TagCacheOptions options)
    {
        (_store, _table, _owners, _peers, _rate, _time, _logger, _isDefault) = (store, table, owners, peers, rate, time, logger, options.Standbys > 0);
        _stopping = _stop.Token;
        services.Stored += Offer;
        services.Lengthened += Offer;
    }

    /// <summary>Entries whose standby has not acknowledged what they have now; and how many standbys lack more than that, since they took nothing when they were asked last, or it is still being found out what they lack.</summary>
    public (long Waiting, int Behind) Backlog
    {
        get
        {
            var waiting = 0L;
            int behind;
            lock (_gate)
            {
                // A view that was not looked at yet may have other standbys; with one that was, its walk is counted.
                behind = _walks + (ReferenceEquals(_seen, _owners.Silos) ? 0 : 1);
            }

            foreach (var lane in _lanes.Values)
            {
                var (more, isBehind) = lane.Value.Sending.Backlog;
                (waiting, behind) = (waiting + more, behind + (isBehind ? 1 : 0));
            }

            return (waiting, behind);
        }
    }

    /// <summary>Writers that went on without their standby since the start.</summary>
    public long Unsecured => Interlocked.Read(ref _unsecured);

    /// <summary>Whether a value is to have a standby.</summary>
    public bool IsWanted(StoredValue value) => value.Standby ?? _isDefault;

    /// <summary>An entry has a new value, or is read so that its standby must hear of it: under its gate, or on a reader's thread.</summary>
    public void Offer(EntrySlot slot)
    {
        if (slot.Value is { IsStandbyCopy: false } value && IsWanted(value) && _owners.StandbyOf(slot.ScopedKey) is { } standby)
        {
            LaneTo(standby)?.Sending.Add(slot);
        }
    }

    /// <summary>The cluster has changed, or may have: what this silo owns now becomes its own, and what has another standby now is sent there.</summary>
    public void Reconsider()
    {
        Rendezvous before, now;
        lock (_gate)
        {
            (before, now) = (_seen, _owners.Silos);
            _seen = now;
            if (!ReferenceEquals(before, now))
            {
                _walks++;
            }
        }

        // At each round: one that was just being opened when its silo went is found at the next.
        foreach (var (silo, lane) in _lanes)
        {
            // In the view of now: the one above may be older than the lane.
            if (!_owners.Silos.Silos.Contains(silo) && _lanes.TryRemove(new(silo, lane)))
            {
                lane.Value.End();
            }
        }

        if (ReferenceEquals(before, now))
        {
            return;
        }

        _ = Task.Run(() =>
        {
            try
            {
                Walk(slot => !Equals(before.FirstTwoOf(slot.ScopedKey), now.FirstTwoOf(slot.ScopedKey)));
            }
            finally
            {
                lock (_gate)
                {
                    _walks--;
                }
            }
        });
    }

    /// <summary>
    /// Has the standby take what the entry has, now; or, of an entry that is another silo's by now, that one. False if it has not, after a second at the longest, or at once while that silo takes nothing; true also
    /// where there is to be no standby.
    /// </summary>
    public async Task<bool> Secure(string scopedKey)
    {
        if (_table.Find(scopedKey) is not { Value: { } value } slot)
        {
            return false;
        }

        var isAstray = _owners.IsAstray(scopedKey);
        if (!IsWanted(value) || (isAstray ? _owners.Silos.FirstTwoOf(scopedKey).Owner : _owners.StandbyOf(scopedKey)) is not { } silo)
        {
            return true;
        }

        var lane = LaneTo(silo)?.Sending;
        var taken = lane?.HasMissed == false ? await IsTaken(slot, silo, isForStandby: !isAstray) : false;
        if (taken == true)
        {
            return true;
        }

        if (taken is null)
        {
            lane!.Miss();
        }

        Interlocked.Increment(ref _unsecured);
        return false;
    }

    public void Dispose() => _stop.End();

    /// <returns>Whether it is there; null if the silo has not answered at all.</returns>
    private async Task<bool?> IsTaken(EntrySlot slot, SiloAddress silo, bool isForStandby)
    {
        bool? isTaken = null;
        using var second = new CancellationTokenSource(SecurePatience, _time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(second.Token, _stopping);
        var sender = new CopySender(silo, _peers, _store, _time, isForStandby, patience.Token);
        try
        {
            while (true)
            {
                switch (await sender.Send([slot]))
                {
                    case [{ Value: null }] or [{ Status: CopyStatus.Kept or CopyStatus.HasOwn }]:
                        return true;
                    case [{ Status: CopyStatus.Refused }]:
                        return false;
                    case null:
                        break;
                    default:
                        isTaken = false;
                        sender.Renew();
                        await Task.Delay(RetryPause, _time, patience.Token);
                        break;
                }
            }
        }
        catch (Exception) when (patience.IsCancellationRequested)
        {
            // A silo that may not send knows nothing of the other one.
            return isTaken ?? (_store.MayServe ? null : false);
        }
    }

    /// <summary>The way to a silo; null if this one ends.</summary>
    private Lane? LaneTo(SiloAddress silo) => _stopping.IsCancellationRequested ? null : _lanes.GetOrAdd(silo, static (silo, self) => new(() => self.Open(silo)), this).Value;

    private Lane Open(SiloAddress silo)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
        var sender = new CopySender(silo, _peers, _store, _time, isForStandby: true, stop.Token);
        return new(stop, new(sender, _rate, _time, () => Task.Run(() => Walk(slot => silo.Equals(_owners.StandbyOf(slot.ScopedKey)))), LogFailed, stop.Token));
    }

    private void Walk(Predicate<EntrySlot> isToBeSent)
    {
        foreach (var slot in _table.Snapshot())
        {
            if (slot.Value is { IsStandbyCopy: true } copy && !_owners.IsAstray(slot.ScopedKey))
            {
                _store.Own(slot, copy, isOwn: true);
            }

            if (isToBeSent(slot))
            {
                Offer(slot);
            }
        }
    }

    [LoggerMessage(3906, LogLevel.Error, "Copies for a standby could not be sent; it is tried again")]
    private partial void LogFailed(Exception exception);

    private sealed record Lane(CancellationTokenSource Stop, StandbyLane Sending)
    {
        public void End()
        {
            Stop.Cancel();
            Stop.Dispose();
        }
    }
}
