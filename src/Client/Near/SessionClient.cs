using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Near;

/// <summary>
/// A client's sessions: one with each silo whose entries it keeps. It takes the grants that come with every answer, asks for more while it keeps
/// anything, applies what the silos push, and leaves a session as soon as anything is wrong with it, which ends all of its values at once.
/// </summary>
/// <remarks>
/// Thread-safe. Opening, leaving and what questions name are one step each under the lock; nothing is called from within it.
/// </remarks>
internal sealed partial class SessionClient : INearLeases, INearCacheObserver, ILifecycleParticipant<IClusterClientLifecycle>, IDisposable
{
    /// <summary>How many tags without kept values the ledger remembers: enough for the questions that are on their way.</summary>
    private const int MaximumRememberedTags = 10_000;

    /// <summary>How often heartbeats are due before a grant has told how long leases are; they never come more than twice as often.</summary>
    private static readonly TimeSpan FirstPeriod = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<SiloAddress, OwnSession<SiloAddress>> _sessions = [];
    private readonly HashSet<SiloAddress> _opening = [];
    private readonly IGrainFactory _grains;
    private readonly ProtocolVersions _versions;
    private readonly TimeProvider _time;
    private readonly ILogger<SessionClient> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly string _name = $"{Environment.MachineName}/{Environment.ProcessId}";
    private SessionId[] _named = [];
    private readonly Lazy<INearCacheObserver> _self;
    private Task _heartbeats = Task.CompletedTask;

    public SessionClient(IGrainFactory grains, ProtocolVersions versions, TimeProvider time, ILogger<SessionClient> logger) =>
        (_grains, _versions, _time, _logger, _self) = (grains, versions, time, logger, new(() => grains.CreateObjectReference<INearCacheObserver>(this)));

    public TagLedger Ledger { get; } = new(MaximumRememberedTags);

    public SessionId[] Sessions => Volatile.Read(ref _named);

    public INearLease? Accept(NearTerms? terms, NearAsk ask)
    {
        if (terms is null)
        {
            return null;
        }

        OwnSession<SiloAddress>? held;
        lock (_gate)
        {
            held = _sessions.GetValueOrDefault(terms.Silo);
        }

        if (held is not null && terms.Session == held.Id)
        {
            Granted(held, ask.At, terms.Grant);
            return terms.MayKeep && !held.IsOver ? held : null;
        }

        if (held is null)
        {
            Open(terms.Silo);
        }
        else if (terms.Session.IsNone && ask.Sessions!.Contains(held.Id))
        {
            // The silo does not know what the question named: it has broken the session, or it is another incarnation.
            Leave(held);
        }

        return null;
    }

    public bool MayKeep(ReadOnlySpan<TagId> tags, ReadOnlySpan<TagId> copied, Stamp stamp) => Ledger.IsLive(tags, stamp);

    /// <summary>Applies every push whatever its session: expiring more is harmless, and a push may overtake the answer that it concerns.</summary>
    public async Task<long> Apply(Push[] pushes)
    {
        using var activity = Tracing.Start<Push>(CacheActivities.Push, ActivityKind.Server, pushes, static push => push.Trace);
        var now = _time.Now();
        foreach (var push in pushes)
        {
            if (push.Match == TagMatch.All)
            {
                // For what is on its way here; then for what is kept.
                await Ledger.EndAll(push.Tags, Ledger.ExpireAll(push.Tags)).ConfigureAwait(false);
            }
            else if (push.StaleFor is { } staleFor)
            {
                Ledger.Stale(push.Tags, now + staleFor, now);
            }
            else
            {
                Ledger.Expire(push.Tags);
            }
        }

        CacheEvents.Write(CacheEvent.PushApplied, this);
        return pushes[^1].Number;
    }

    public Task End(SessionId session)
    {
        OwnSession<SiloAddress>? held;
        lock (_gate)
        {
            held = _sessions.Values.FirstOrDefault(candidate => candidate.Id == session);
        }

        if (held is not null)
        {
            Leave(held);
        }

        return Task.CompletedTask;
    }

    public void Participate(IClusterClientLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(SessionClient),
        ServiceLifecycleStage.Active,
        _ =>
        {
            _heartbeats = Task.Run(Beat, CancellationToken.None);
            return Task.CompletedTask;
        },
        _ => Stop());

    public void Dispose() => _stop.End();

    private ISessionGrain SessionsOn(SiloAddress silo) => _grains.GetGrain<ISessionGrain>(silo.ToParsableString());

    private static void Granted(OwnSession<SiloAddress> held, Moment askedAt, TimeSpan grant)
    {
        if (grant > TimeSpan.Zero)
        {
            held.Granted(askedAt, grant);
        }
    }

    /// <summary>Opens a session behind the reader's back; until it is there, answers of that silo are not kept.</summary>
    private void Open(SiloAddress silo)
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested || _sessions.ContainsKey(silo) || !_opening.Add(silo))
            {
                return;
            }
        }

        _ = Run();

        async Task Run()
        {
            try
            {
                var askedAt = _time.Now();
                var terms = await SessionsOn(silo).Open(_self.Value, _name, _versions).AsTask().WaitAsync(CallPatience, _time).ConfigureAwait(false);
                Opened(silo, terms, askedAt);
            }
            catch (Exception exception)
            {
                // The next answer of that silo tries again.
                LogNotOpened(exception, silo);
            }
            finally
            {
                lock (_gate)
                {
                    _opening.Remove(silo);
                }
            }
        }
    }

    private void Opened(SiloAddress silo, NearTerms terms, Moment askedAt)
    {
        if (terms.Session.IsNone || !terms.Silo.Equals(silo))
        {
            return;
        }

        var held = new OwnSession<SiloAddress>(terms.Session, silo);
        Granted(held, askedAt, terms.Grant);
        lock (_gate)
        {
            _sessions.Add(silo, held);
            NameNeedsLock();
        }

        LogOpened(silo);
        CacheEvents.Write(CacheEvent.SessionOpened, this);
        if (_stop.IsCancellationRequested)
        {
            _ = SayLeft(held);
        }
    }

    /// <summary>Ends the session's values first, then forgets it. Whichever side was the first to leave, the next answer of the silo opens another.</summary>
    private void Leave(OwnSession<SiloAddress> held)
    {
        held.Leave();
        lock (_gate)
        {
            if (_sessions.GetValueOrDefault(held.Silo) == held)
            {
                _sessions.Remove(held.Silo);
                NameNeedsLock();
            }
        }

        LogLeft(held.Silo);
        CacheEvents.Write(CacheEvent.SessionEnded, this);
    }

    private void NameNeedsLock() => Volatile.Write(ref _named, [.. _sessions.Values.Select(session => session.Id)]);

    private Task Beat() => BackgroundLoop.Loop(
        async () =>
        {
            var sessions = Held();
            var third = sessions.Length == 0 ? FirstPeriod : sessions.Min(held => held.LastGrant) / 3;
            var period = third > FirstPeriod / 2 ? third : FirstPeriod / 2;
            await Task.Delay(period, _time, _stop.Token).ConfigureAwait(false);
            foreach (var held in sessions)
            {
                _ = Renew(held, period);
            }

            return true;
        },
        LogBeatFailed,
        _time,
        _stop.Token);

    /// <summary>One heartbeat. It is not waited for longer than until the next one, which goes through another gateway.</summary>
    private async Task Renew(OwnSession<SiloAddress> held, TimeSpan patience)
    {
        if (held.KeptCount == 0)
        {
            // Nothing is kept: it may lapse. Once it has, the next answer opens another.
            if (!held.IsValid(_time.Now()))
            {
                Leave(held);
            }

            return;
        }

        try
        {
            var askedAt = _time.Now();
            var terms = await SessionsOn(held.Silo).Renew(held.Id).AsTask().WaitAsync(patience, _time).ConfigureAwait(false);
            if (terms.Session == held.Id)
            {
                Granted(held, askedAt, terms.Grant);
            }
            else
            {
                Leave(held);
            }
        }
        catch (Exception exception)
        {
            // Its lease ends by itself if this goes on; once it has, nothing is lost by leaving.
            LogNotRenewed(exception, held.Silo);
            if (!held.IsValid(_time.Now()))
            {
                Leave(held);
            }
        }
    }

    /// <summary>Leaves every session, and says so: no update has to wait for a process that is gone.</summary>
    private async Task Stop()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _heartbeats.ConfigureAwait(false);
        await Task.WhenAll(Held().Select(SayLeft)).ConfigureAwait(false);
    }

    private async Task SayLeft(OwnSession<SiloAddress> held)
    {
        Leave(held);
        try
        {
            await SessionsOn(held.Silo).Leave(held.Id).AsTask().WaitAsync(CallPatience, _time).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Its lease ends by itself.
            LogNotRenewed(exception, held.Silo);
        }
    }

    private OwnSession<SiloAddress>[] Held()
    {
        lock (_gate)
        {
            return [.. _sessions.Values];
        }
    }

    [LoggerMessage(2301, LogLevel.Debug, "A session with silo {Silo} was opened")]
    private partial void LogOpened(SiloAddress silo);

    [LoggerMessage(2302, LogLevel.Debug, "A session with silo {Silo} could not be opened")]
    private partial void LogNotOpened(Exception exception, SiloAddress silo);

    [LoggerMessage(2303, LogLevel.Debug, "The session with silo {Silo} was not renewed")]
    private partial void LogNotRenewed(Exception exception, SiloAddress silo);

    [LoggerMessage(2305, LogLevel.Error, "A round of heartbeats failed; the next one follows")]
    private partial void LogBeatFailed(Exception exception);

    [LoggerMessage(2304, LogLevel.Information, "The session with silo {Silo} was left; values kept of it are read again")]
    private partial void LogLeft(SiloAddress silo);
}
