using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Names;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Sessions;

/// <summary>
/// The clients that keep this silo's entries near: grants them leases, tells them what to let go of, and gives those up that do not answer.
/// The rules are <see cref="SessionTable"/>'s; this is their lock, their clock and their wire.
/// </summary>
/// <remarks>
/// Thread-safe. One lock guards the table, so that granting and breaking are one step each; nothing is called from within it. Pushing happens
/// outside of it, one loop a session that has something to say. <see cref="Released"/> is raised without the lock.
/// </remarks>
internal sealed partial class ClientSessions : IDisposable
{
    /// <summary>The most pushes of one message.</summary>
    private const int MaximumBatch = 500;

    /// <summary>A push that was not acknowledged for so long may be lost: it is sent again.</summary>
    private static readonly TimeSpan PushPatience = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly SessionTable _table;
    private readonly HashSet<IssuedSession> _pushing = [];
    private readonly List<IssuedSession> _pressed = [];
    private readonly ServingLease _lease;
    private readonly SiloAddress _silo;
    private readonly TimeProvider _time;
    private readonly ILogger<ClientSessions> _logger;
    private readonly int _maximumSessions;
    private readonly TimeSpan _idleGrace;
    private readonly OnDemandTimer _cleaning;
    private long _broken;

    public ClientSessions(ServingLease lease, ILocalSiloDetails silo, TagCacheOptions options, TimeProvider time, ILogger<ClientSessions> logger)
    {
        (_lease, _silo, _time, _logger) = (lease, silo.SiloAddress, time, logger);
        _table = new(Guid.NewGuid(), options.SessionLease, options.MaximumInterest, Math.Max(options.MaximumInterest, MemoryShare.OfInterest(MemoryShare.Limit)));
        _maximumSessions = options.MaximumSessions;
        _idleGrace = 4 * options.SessionLease;
        _cleaning = new(options.SessionLease, BreakIdle, LogFailed, time);
    }

    /// <summary>No client of this silo holds these updates up any more; whether that is so because the session of the last one was broken.</summary>
    public event Action<List<UpdateId>, bool>? Released;

    /// <summary>Sessions, tags that they are interested in, pushes that were not acknowledged, and sessions broken since the start.</summary>
    public (int Sessions, int Interest, int Pushes, long Broken) Counts
    {
        get
        {
            lock (_gate)
            {
                return (_table.All.Count, _table.InterestCount, _table.OutstandingCount, _broken);
            }
        }
    }

    public NearTerms Open(INearCacheObserver client, string name)
    {
        lock (_gate)
        {
            var session = _lease.IsValid() && _table.All.Count < _maximumSessions ? _table.Open(new Client(client, name)) : null;
            if (session is not null)
            {
                _cleaning.Start();
            }

            return TermsNeedLock(session, mayKeep: false);
        }
    }

    /// <summary>What a client is answered that gets no session.</summary>
    public NearTerms Refuse()
    {
        lock (_gate)
        {
            return TermsNeedLock(session: null, mayKeep: false);
        }
    }

    /// <summary>Terms without a session mean that this table did not issue it, or has broken it.</summary>
    public NearTerms Renew(SessionId id)
    {
        lock (_gate)
        {
            return TermsNeedLock(_table.Find(id), mayKeep: false);
        }
    }

    public void Leave(SessionId id)
    {
        List<UpdateId> released;
        lock (_gate)
        {
            released = _table.Find(id) is { } session ? _table.Left(session) : [];
        }

        CacheEvents.Write(CacheEvent.SessionEnded, this);

        Release(released);
    }

    /// <summary>
    /// The client's one connection has ended without its word, and nothing is done for it any more: its session is broken as soon as it may serve nothing, which is at once if it keeps nothing. Otherwise
    /// those that connect again and again would take the places of others until they are found idle.
    /// </summary>
    public async Task Abandon(SessionId id)
    {
        while (true)
        {
            TimeSpan left;
            lock (_gate)
            {
                if (_table.Find(id) is not { } session)
                {
                    return;
                }

                left = session.InterestCount == 0 ? TimeSpan.Zero : session.Deadline - _time.Now();
            }

            if (left <= TimeSpan.Zero)
            {
                Leave(id);
                return;
            }

            await Task.Delay(left, _time);
        }
    }

    /// <summary>
    /// The session among these that is this silo's, now told of every update of the records' tags, of the client's soft tags and of the key. Check the value afterwards (invariant C3). None if there is no such session, or clients have yet to let go of too much: then the value is not kept.
    /// </summary>
    public IssuedSession? Register(SessionId[] named, ReadOnlySpan<TagRecord> records, TagId key, string[]? softTags = null)
    {
        if (named.Length == 0)
        {
            return null;
        }

        var tags = new TagId[records.Length + (softTags?.Length ?? 0) + 1];
        for (var i = 0; i < records.Length; i++)
        {
            tags[i] = records[i].Tag;
        }

        for (var i = 0; i < softTags?.Length; i++)
        {
            tags[records.Length + i] = TagId.OfTag(CacheNamespace.Of(key.Name), softTags[i]);
        }

        tags[^1] = key;

        IssuedSession? session;
        lock (_gate)
        {
            session = _table.Find(named);
            if (session is null || !_table.Register(session, tags, _time.Now(), _pressed))
            {
                return null;
            }

            PushNeedsLock(session);
            _pressed.ForEach(PushNeedsLock);
            _pressed.Clear();
        }

        return session;
    }

    /// <summary>What to say beside an answer.</summary>
    /// <param name="named">The sessions that the client named.</param>
    /// <param name="registered">What <see cref="Register"/> gave, if the answer holds a value.</param>
    /// <param name="isLive">Whether the value was live after that.</param>
    public NearTerms Terms(SessionId[] named, IssuedSession? registered, bool isLive)
    {
        lock (_gate)
        {
            return TermsNeedLock(registered ?? _table.Find(named), isLive && registered is { IsBroken: false });
        }
    }

    /// <summary>An update was applied to the ledger: tells every interested client. False if some client has to let go first.</summary>
    public bool Queue(TagUpdate update)
    {
        lock (_gate)
        {
            foreach (var session in _table.Queue(update, _time.Now()))
            {
                PushNeedsLock(session);
            }

            return !_table.AwaitsClients(update.Id);
        }
    }

    /// <summary>The clients that hold an update up.</summary>
    /// <param name="update">The update; null for any.</param>
    /// <param name="most">How many of them are told of.</param>
    public List<Unacknowledged> Waiting(UpdateId? update, int most)
    {
        var now = _time.Now();
        lock (_gate)
        {
            return
            [
                .. _table.All.Where(session => update is { } one ? session.Owes(one) : session.WaitingSince is not null).Take(most).Select(session => new Unacknowledged(
                    ((Client)session.Client).Name, _silo.ToString(), now - session.WaitingSince ?? TimeSpan.Zero, session.Deadline > now ? session.Deadline - now : TimeSpan.Zero)),
            ];
        }
    }

    /// <summary>Ends every session: when this has returned no client serves anything of this silo. Serving must have stopped before.</summary>
    public async Task EndAll()
    {
        IssuedSession[] sessions;
        lock (_gate)
        {
            _table.Close();
            sessions = [.. _table.All];
        }

        await Task.WhenAll(sessions.Select(End));
    }

    public void Dispose() => _cleaning.Dispose();

    private NearTerms TermsNeedLock(IssuedSession? session, bool mayKeep) => session is null or { IsBroken: true }
        ? new(_silo, SessionId.None, TimeSpan.Zero, MayKeep: false)
        : new(_silo, session.Id, _table.Grant(session, _time.Now(), _lease.Remaining), mayKeep);

    private void PushNeedsLock(IssuedSession session)
    {
        if (session.OutstandingCount > 0 && _pushing.Add(session))
        {
            _ = DetachedTask.Run(() => PushAll(session));
        }
    }

    private Task PushAll(IssuedSession session) => BackgroundLoop.Loop(() => Push(session), LogFailed, _time);

    /// <summary>One message. False when nothing is left to say, or the session has ended.</summary>
    private async Task<bool> Push(IssuedSession session)
    {
        if (TakePushes(session) is not var (pushes, patience))
        {
            return false;
        }

        var client = (Client)session.Client;
        using var activity = Tracing.Start<Push>(CacheActivities.Push, ActivityKind.Client, pushes, static push => push.Trace);
        if (activity is not null)
        {
            pushes = [pushes[0] with { Trace = activity.Id }, .. pushes[1..].Select(push => push with { Trace = null })];
        }

        try
        {
            Acknowledged(session, await client.Observer.Apply(pushes).WaitAsync(patience, _time));
        }
        catch (Exception exception)
        {
            // Whatever it was, the client has not acknowledged: again, until it has or its lease is over.
            activity.Failed(exception);
            LogNotPushed(exception, client.Name);
            await Task.Delay(RetryPause < patience ? RetryPause : patience, _time);
        }

        return true;
    }

    /// <summary>What is to be pushed next, and how long to wait for it; null when nothing is, or the client's time is over.</summary>
    private (Push[] Pushes, TimeSpan Patience)? TakePushes(IssuedSession session)
    {
        List<UpdateId> released;
        lock (_gate)
        {
            var now = _time.Now();
            if (session.OutstandingCount == 0)
            {
                _pushing.Remove(session);
                return null;
            }

            if (!_table.TryBreak(session, now, out released))
            {
                var left = session.Deadline - now;
                return (session.Unacknowledged(MaximumBatch), left < PushPatience ? left : PushPatience);
            }

            _pushing.Remove(session);
            _broken++;
        }

        LogBroken(((Client)session.Client).Name, released.Count);
        CacheEvents.Write(CacheEvent.SessionEnded, this);
        Release(released, isBroken: true);
        return null;
    }

    private void Acknowledged(IssuedSession session, long number)
    {
        List<UpdateId> released;
        lock (_gate)
        {
            released = _table.Acknowledged(session, number);
        }

        CacheEvents.Write(CacheEvent.PushAcknowledged, this);

        Release(released);
    }

    /// <summary>Tells the client that its session is over, and waits for its word or for the end of its lease.</summary>
    private async Task End(IssuedSession session)
    {
        var client = (Client)session.Client;
        var left = session.Deadline - _time.Now();
        if (left > TimeSpan.Zero)
        {
            var over = Task.Delay(left, _time);
            var ended = await Task.WhenAny(over, client.Observer.End(session.Id));
            if (ended != over && !ended.IsCompletedSuccessfully)
            {
                LogNotPushed(ended.Exception!, client.Name);
                await over;
            }
        }

        // It has said so, or its lease is over by any clock.
        Leave(session.Id);
    }

    /// <summary>Clients that have not been heard of for long after their lease are gone.</summary>
    /// <returns>Whether there are others.</returns>
    private bool BreakIdle()
    {
        bool isAny;
        var released = new List<UpdateId>();
        lock (_gate)
        {
            var longAgo = _time.Now() + -_idleGrace;
            foreach (var session in _table.All.ToArray())
            {
                if (_table.TryBreak(session, longAgo, out var some))
                {
                    released.AddRange(some);
                }
            }

            isAny = _table.All.Count > 0;
        }

        CacheEvents.Write(CacheEvent.SessionEnded, this);
        Release(released, isBroken: true);
        return isAny;
    }

    private void Release(List<UpdateId> updates, bool isBroken = false)
    {
        if (updates.Count > 0)
        {
            BackgroundLoop.Try(() => Released?.Invoke(updates, isBroken), LogFailed);
        }
    }

    [LoggerMessage(3601, LogLevel.Debug, "A push did not reach client {Client}; it is sent again")]
    private partial void LogNotPushed(Exception exception, string client);

    [LoggerMessage(3602, LogLevel.Warning, "Client {Client} did not let go of old values before its lease was over; its session was broken. It had delayed {Count} updates")]
    private partial void LogBroken(string client, int count);

    [LoggerMessage(3603, LogLevel.Error, "A round of work on clients' sessions failed; the next one follows")]
    private partial void LogFailed(Exception exception);

    /// <summary>The client that is pushed to.</summary>
    private sealed record Client(INearCacheObserver Observer, string Name);
}
