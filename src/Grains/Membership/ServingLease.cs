using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Membership;

/// <summary>
/// This silo's right to serve. Membership alone does not give it: a silo that was frozen, and declared dead in that time, serves old values
/// when it wakes until it learns of its death. So it serves only while it has lately found itself alive in the membership table.
/// </summary>
/// <remarks>
/// Thread-safe. Valid means: joined, not leaving, and the deadline is ahead of the clock as read now. The deadline counts from before the
/// row was read; a row that is missing counts as dead. A table that has lost the row, as one that came back empty has, never shows it again: after so many
/// readings the silo ends, as one that was declared dead does, so that the process supervisor starts it again.
/// </remarks>
internal sealed partial class ServingLease : INearLease, IDisposable
{
    private readonly LeaseDeadline _deadline = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<CancellationToken, Task<bool>> _isAliveInTable;
    private readonly Action _end;
    private readonly TimeSpan _length;
    private readonly TimeProvider _time;
    private readonly ILogger<ServingLease> _logger;
    private Task _renewals = Task.CompletedTask;
    private volatile bool _hasJoined;
    private int _missing;

    /// <param name="isAliveInTable">Reads this silo's own row and says whether it is alive there.</param>
    /// <param name="end">Ends the silo: its row is gone for good.</param>
    /// <param name="length">The lease's length.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For lapses.</param>
    public ServingLease(Func<CancellationToken, Task<bool>> isAliveInTable, Action end, TimeSpan length, TimeProvider time, ILogger<ServingLease> logger) =>
        (_isAliveInTable, _end, _length, _time, _logger) = (isAliveInTable, end, length, time, logger);

    /// <summary>The lease was renewed, or serving began: what waits for it may look again.</summary>
    public event Action? Renewed;

    public TimeSpan Remaining => _hasJoined ? _deadline.Remaining(_time.Now()) : TimeSpan.Zero;

    public bool IsValid() => IsValid(_time.Now());

    /// <param name="now">The clock as read for this very use.</param>
    public bool IsValid(Moment now) => _hasJoined && _deadline.IsValid(now);

    bool INearLease.IsOver => _deadline.HasEnded;

    void INearLease.Kept()
    {
    }

    void INearLease.Dropped()
    {
    }

    /// <summary>Renews four times a lease from now on. The first renewal has been tried when the task ends.</summary>
    public async Task StartRenewing()
    {
        await Renew();
        _renewals = Task.Run(RenewPeriodically);
    }

    /// <summary>The silo has joined: from now on a valid deadline is the right to serve.</summary>
    public void BeginServing()
    {
        _hasJoined = true;
        BackgroundLoop.Try(() => Renewed?.Invoke(), LogFailed);
        CacheEvents.Write(CacheEvent.LeaseRenewed, this);
    }

    /// <summary>Gives the right up for good.</summary>
    public async Task StopServing()
    {
        _deadline.End();
        await _stop.CancelAsync();
        await _renewals;
    }

    /// <summary>Whether the last renewals found this silo alive.</summary>
    public bool IsAlive => _deadline.IsValid(_time.Now());

    public void Dispose() => _stop.End();

    private async Task RenewPeriodically()
    {
        using var timer = new PeriodicTimer(LeaseTerms.RenewalPeriod(_length), _time);
        var wasValid = true;
        await BackgroundLoop.Loop(Round, LogFailed, _time, _stop.Token);

        async Task<bool> Round()
        {
            await timer.WaitForNextTickAsync(_stop.Token);
            await Renew();
            var isValid = _deadline.IsValid(_time.Now());
            if (wasValid && !isValid)
            {
                LogLapsed();
                CacheEvents.Write(CacheEvent.LeaseLost, this);
            }
            else if (isValid && !wasValid)
            {
                LogRegained();
            }

            wasValid = isValid;
            return true;
        }
    }

    /// <summary>Reads the row once.</summary>
    internal async Task Renew()
    {
        var askedAt = _time.Now();
        bool isAlive;
        try
        {
            isAlive = await _isAliveInTable(_stop.Token).WaitAsync(_length / 2, _time, _stop.Token);
        }
        catch (Exception exception)
        {
            // A table that cannot be read says nothing of the row.
            if (!_stop.IsCancellationRequested)
            {
                LogNotRenewed(exception);
            }

            return;
        }

        if (isAlive)
        {
            _missing = 0;
            _deadline.Renewed(askedAt, _length);
            BackgroundLoop.Try(() => Renewed?.Invoke(), LogFailed);
            CacheEvents.Write(CacheEvent.LeaseRenewed, this);
        }
        else if (++_missing == LeaseTerms.ReadingsWithoutRow && !_stop.IsCancellationRequested)
        {
            LogGone(_missing);
            _end();
            CacheEvents.Write(CacheEvent.LeaseLost, this);
        }
    }

    [LoggerMessage(3401, LogLevel.Warning, "The serving lease lapsed: the membership table has not shown this silo alive for a whole lease. Reads run their factories until it does")]
    private partial void LogLapsed();

    [LoggerMessage(3402, LogLevel.Information, "The serving lease is valid again")]
    private partial void LogRegained();

    [LoggerMessage(3403, LogLevel.Debug, "The serving lease was not renewed")]
    private partial void LogNotRenewed(Exception exception);

    [LoggerMessage(3404, LogLevel.Critical, "{Count} readings in a row of the membership table did not show this silo alive: its row is gone for good. The silo ends and must be started again")]
    private partial void LogGone(int count);

    [LoggerMessage(3405, LogLevel.Error, "A round of renewing the serving lease failed; the next one tries again")]
    private partial void LogFailed(Exception exception);
}
