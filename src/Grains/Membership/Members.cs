using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Membership;

/// <summary>
/// Who may be serving, kept up to date: from Orleans' membership as it is gossiped, from the table when it is read, and from what silos say
/// of themselves. It announces every change, and every death once.
/// </summary>
/// <remarks>Thread-safe. Events are raised outside the lock, by the caller that brought the news.</remarks>
internal sealed partial class Members : IDisposable
{
    /// <summary>Of more that were seen dead in one reading only the number is logged: a silo that starts sees all that have died in a week.</summary>
    private const int MostNamed = 10;

    private readonly Lock _gate = new();
    private readonly MemberTable<SiloAddress> _table;
    private readonly TimeProvider _time;
    private readonly ILogger<Members> _logger;
    private readonly ITimer _waitOut;
    private SiloAddress[] _others = [];

    public Members(SiloAddress self, TimeSpan servingLease, TimeProvider time, ILogger<Members> logger)
    {
        (_time, _logger) = (time, logger);
        _table = new(self, LeaseTerms.WaitOut(servingLease));
        _waitOut = time.CreateTimer(_ => BackgroundLoop.Try(Refresh, LogFailed), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The members changed, or may have: updates that wait for one look again.</summary>
    public event Action? Changed;

    /// <summary>A silo was seen dead for the first time.</summary>
    public event Action<SiloAddress>? Died;

    /// <summary>Every other silo that an update must reach, as of now.</summary>
    public SiloAddress[] Others => Volatile.Read(ref _others);

    public bool IsDead(SiloAddress silo)
    {
        lock (_gate)
        {
            return _table.IsDead(silo);
        }
    }

    /// <summary>Whether every dead silo that was seen has been dead for so long that nothing is served under its lease.</summary>
    public bool IsWaitedOut
    {
        get
        {
            lock (_gate)
            {
                return _table.IsWaitedOut(_time.Now());
            }
        }
    }

    /// <summary>All rows of the membership table, or of a snapshot of it, as of a version of the table. Readings may arrive in any order.</summary>
    public void Observe(IEnumerable<KeyValuePair<SiloAddress, SiloStatus>> rows, long version)
    {
        List<SiloAddress> died;
        lock (_gate)
        {
            died = _table.Observe([.. rows.Select(row => KeyValuePair.Create(row.Key, StatusOf(row.Value)))], version, _time.Now());
        }

        try
        {
            Refresh();
        }
        finally
        {
            if (died.Count > MostNamed)
            {
                LogManyDied(died.Count);
            }

            // Each is told once, whatever becomes of the others.
            foreach (var silo in died)
            {
                if (died.Count <= MostNamed)
                {
                    LogDied(silo);
                }

                BackgroundLoop.Try(() => Died?.Invoke(silo), LogFailed);
                CacheEvents.Write(CacheEvent.MemberDied, this);
            }
        }
    }

    /// <summary>A Hello was exchanged with that silo. False if it is dead.</summary>
    public bool Greet(SiloAddress silo)
    {
        bool isAlive;
        lock (_gate)
        {
            isAlive = _table.Greet(silo);
        }

        // It is a member before the Hello is acknowledged: an update that completes from now on has reached it (invariant M2).
        Refresh();
        return isAlive;
    }

    /// <summary>That silo said Goodbye: it serves nothing any more.</summary>
    public void Leave(SiloAddress silo)
    {
        lock (_gate)
        {
            _table.Leave(silo);
        }

        LogLeft(silo);
        Refresh();
    }

    public void Dispose() => _waitOut.Dispose();

    private static RowStatus StatusOf(SiloStatus status) => status switch
    {
        SiloStatus.Dead => RowStatus.Dead,
        SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping => RowStatus.Alive,
        _ => RowStatus.Joining,
    };

    private void Refresh()
    {
        lock (_gate)
        {
            var now = _time.Now();
            Volatile.Write(ref _others, [.. _table.Others(now)]);
            if (_table.NextWaitOut(now) is { } next)
            {
                _waitOut.Change(next - now + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
            }
        }

        Changed?.Invoke();
        CacheEvents.Write(CacheEvent.MembersChanged, this);
    }

    [LoggerMessage(3201, LogLevel.Information, "Silo {Silo} was seen dead; updates wait until its serving lease is over by any clock")]
    private partial void LogDied(SiloAddress silo);

    [LoggerMessage(3209, LogLevel.Information, "{Count} silos were seen dead; updates wait until their serving leases are over by any clock")]
    private partial void LogManyDied(int count);

    [LoggerMessage(3203, LogLevel.Error, "A membership change could not be processed; the next one will be")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(3202, LogLevel.Information, "Silo {Silo} said Goodbye")]
    private partial void LogLeft(SiloAddress silo);
}
