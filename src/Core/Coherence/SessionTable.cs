using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>
/// The sessions of the clients that keep this silo's entries: the granting side of near caches.
///
/// <para><b>Promise.</b> An update is released here only when every client that may serve one of its tags' values has let go of them, or has
/// no right to serve any more.</para>
///
/// <para><b>Why.</b> Interest is registered before the entry is checked, and an expiry sets the records before it collects the interested
/// sessions: at least one of the two sees the other (invariant C3). A client that does not acknowledge is waited for until its lease is over
/// by any clock; then its session is broken, and no session that was broken is granted anything (invariant C6). While a push is not
/// acknowledged no grant outlasts a lease counted from that push, so one client holds an update up for at most a session lease, once.</para>
///
/// <para><b>Not covered.</b> Sending. The sender takes <see cref="IssuedSession.Unacknowledged"/> and reports back.</para>
/// </summary>
/// <remarks>Not thread-safe: one lock of its owner guards all of it, so that granting and breaking are one step each.</remarks>
internal sealed class SessionTable(Guid incarnation, TimeSpan lease, int maximumInterest, long maximumTotal = long.MaxValue / 4)
{
    /// <summary>What one value brings at the most: its tags, those of its reader, its key and <c>*</c>.</summary>
    private const int MostOfAValue = NameLimits.TagsPerEntry + NameLimits.TagsPerCall + 2;

    private readonly Dictionary<long, IssuedSession> _sessions = [];
    private readonly Dictionary<TagId, IssuedSession[]> _interested = [];
    private readonly Dictionary<UpdateId, int> _held = [];
    private long _interest;
    private long _pushedOut;
    private long _issued;
    private bool _isClosed;

    public IReadOnlyCollection<IssuedSession> All => _sessions.Values;

    public int InterestCount => (int)_interest;

    public int OutstandingCount => _sessions.Values.Sum(session => session.OutstandingCount);

    /// <summary>Opens a session; null when this silo is leaving.</summary>
    public IssuedSession? Open(object client)
    {
        if (_isClosed)
        {
            return null;
        }

        var session = new IssuedSession(new(incarnation, ++_issued), client);
        _sessions.Add(session.Id.Number, session);
        return session;
    }

    /// <summary>The session of that identity, if this table issued it and has not broken it.</summary>
    public IssuedSession? Find(SessionId id) => id.Table == incarnation ? _sessions.GetValueOrDefault(id.Number) : null;

    /// <summary>The one of these sessions that this table issued and has not broken.</summary>
    public IssuedSession? Find(ReadOnlySpan<SessionId> ids)
    {
        foreach (var id in ids)
        {
            if (Find(id) is { } session)
            {
                return session;
            }
        }

        return null;
    }

    /// <summary>
    /// From now on the session is told of every update of these tags. Check the entry afterwards, never before (invariant C3). Over the bound the oldest interest is pushed out, and over that of all
    /// sessions the oldest of the session with the most.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="tags">The tags.</param>
    /// <param name="now">The clock.</param>
    /// <param name="pressed">Gets the other session that is told to let go, if there is one.</param>
    /// <returns>False if clients have yet to let go of as much as they may keep, and have not acknowledged it: then the value is not to be kept.</returns>
    public bool Register(IssuedSession session, ReadOnlySpan<TagId> tags, Moment now, ICollection<IssuedSession>? pressed = null)
    {
        if (session.PushedOutCount > maximumInterest + MostOfAValue || _pushedOut > maximumTotal)
        {
            return false;
        }

        var (before, pushedOut) = (session.InterestCount, session.PushedOutCount);
        foreach (var tag in tags)
        {
            if (session.Register(tag))
            {
                _interested[tag] = _interested.TryGetValue(tag, out var others) ? [.. others, session] : [session];
            }
        }

        Changed(session, before, pushedOut);
        PushOut(session, maximumInterest, now);
        if (_interest - _pushedOut - maximumTotal is > 0 and var over)
        {
            var largest = _sessions.Values.MaxBy(static one => one.HeldCount)!;
            PushOut(largest, (int)Math.Max(largest.HeldCount - over, 0), now);
            if (largest != session)
            {
                pressed?.Add(largest);
            }
        }

        return true;
    }

    /// <summary>Grants what may be granted at this moment, no longer than this silo itself may serve.</summary>
    public TimeSpan Grant(IssuedSession session, Moment now, TimeSpan servingLeft)
    {
        var grant = session.Grantable(now, lease, servingLeft);
        if (grant <= TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        session.Granted(now, grant);
        return grant;
    }

    /// <summary>An update was applied to the ledger: queues it for every interested session. One that was forgotten and comes again, late, is pushed again, and held by both pushes.</summary>
    /// <returns>The sessions that it was queued for.</returns>
    public IReadOnlyCollection<IssuedSession> Queue(TagUpdate update, Moment now)
    {
        var sessions = new HashSet<IssuedSession>(_interested.GetValueOrDefault(update.Tags[0]) ?? []);
        foreach (var tag in update.Tags.AsSpan(1..))
        {
            var interested = _interested.GetValueOrDefault(tag) ?? [];
            if (update.Match == TagMatch.All)
            {
                // Who keeps what bears all of them is interested in each.
                sessions.IntersectWith(interested);
            }
            else
            {
                sessions.UnionWith(interested);
            }
        }

        foreach (var session in sessions)
        {
            session.Queue(update.Tags, update.StaleFor, update.Id, now, update.Trace, update.Match);
        }

        if (sessions.Count > 0)
        {
            _held[update.Id] = _held.GetValueOrDefault(update.Id) + sessions.Count;
        }

        return sessions;
    }

    /// <summary>Whether some client has neither let go of that update's values nor lost the right to serve them.</summary>
    public bool AwaitsClients(UpdateId update) => _held.ContainsKey(update);

    /// <summary>The client has applied every push up to that number. A session that was broken before stays broken.</summary>
    /// <returns>The updates that no client holds up any more.</returns>
    public List<UpdateId> Acknowledged(IssuedSession session, long number)
    {
        var released = new List<UpdateId>();
        var forgotten = new List<TagId>();
        var (before, pushedOut) = (session.InterestCount, session.PushedOutCount);
        session.Acknowledged(number, released, forgotten);
        Changed(session, before, pushedOut);
        forgotten.ForEach(tag => Uninterested(session, tag));
        return Release(released);
    }

    /// <summary>Breaks the session if its lease is over by any clock.</summary>
    public bool TryBreak(IssuedSession session, Moment now, out List<UpdateId> released)
    {
        released = [];
        if (session.IsBroken || now < session.Deadline)
        {
            return false;
        }

        released = Break(session);
        return true;
    }

    /// <summary>Breaks a session under which its client serves nothing any more: it says so, or has no lease left.</summary>
    public List<UpdateId> Left(IssuedSession session) => session.IsBroken ? [] : Break(session);

    /// <summary>This silo stops serving: no session is opened any more, and none is granted anything.</summary>
    public void Close() => _isClosed = true;

    private void PushOut(IssuedSession session, int bound, Moment now)
    {
        var (before, pushedOut) = (session.InterestCount, session.PushedOutCount);
        if (session.TakeOver(bound) is { Length: > 0 } over)
        {
            session.Queue(over, staleFor: null, update: null, now);
            Changed(session, before, pushedOut);
        }
    }

    /// <summary>The session's interest has changed: so have the sums.</summary>
    private void Changed(IssuedSession session, int before, int pushedOut)
    {
        _interest += session.InterestCount - before;
        _pushedOut += session.PushedOutCount - pushedOut;
    }

    private List<UpdateId> Break(IssuedSession session)
    {
        var released = new List<UpdateId>();
        session.Break(released);
        foreach (var tag in session.Tags)
        {
            Uninterested(session, tag);
        }

        var (before, pushedOut) = (session.InterestCount, session.PushedOutCount);
        session.ForgetAll();
        Changed(session, before, pushedOut);
        _sessions.Remove(session.Id.Number);
        return Release(released);
    }

    private void Uninterested(IssuedSession session, TagId tag)
    {
        var others = _interested[tag];
        if (others.Length == 1)
        {
            _interested.Remove(tag);
        }
        else
        {
            _interested[tag] = Array.FindAll(others, other => other != session);
        }
    }

    private List<UpdateId> Release(List<UpdateId> acknowledged) => acknowledged.FindAll(update =>
    {
        var left = _held[update] - 1;
        if (left > 0)
        {
            _held[update] = left;
            return false;
        }

        _held.Remove(update);
        return true;
    });
}
