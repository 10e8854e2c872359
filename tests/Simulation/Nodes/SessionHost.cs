using OrleansTagCache.Coherence;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>The sessions that one silo issued: granting, pushing, breaking.</summary>
internal sealed class SessionHost
{
    private const int PushesInABatch = 2;

    private readonly Silo _silo;
    private readonly SessionTable _table;
    private readonly Guid _incarnation;

    public SessionHost(Silo silo)
    {
        _silo = silo;
        _incarnation = silo.Unique(2, 0);
        _table = new(_incarnation, Terms.SessionLease, Terms.MaximumInterest);
        Tend();
    }

    public bool IsEmpty => _table.All.Count == 0;

    public bool IsHeld(UpdateId update) => _table.IsHeld(update);

    /// <summary>The one of the named sessions that this silo issued and has not broken, and those of its ids that it does not know.</summary>
    public (IssuedSession? Session, SessionId[] Unknown) Find(SessionId[] named) =>
        (_table.Find(named), [.. named.Where(id => id.Table == _incarnation && _table.Find(id) is null)]);

    public void Open(Client client, Action<SessionId, TimeSpan> reply)
    {
        if (_silo.IsServing && _table.Open(client) is { } session)
        {
            reply(session.Id, Grant(session));
        }
        else
        {
            reply(SessionId.None, TimeSpan.Zero);
        }
    }

    public void Renew(SessionId id, Action<TimeSpan?> reply)
    {
        if (_table.Find(id) is { } session)
        {
            reply(Grant(session));
        }
        else
        {
            reply(Mutants.Is(Mutant.BrokenSessionRevived) && _silo.IsServing ? Terms.SessionLease : null);
        }
    }

    public void Register(IssuedSession session, TagId[] tags)
    {
        if (!session.IsBroken)
        {
            _table.Register(session, tags, _silo.Now);
            Push(session);
        }
    }

    public TimeSpan Grant(IssuedSession session)
    {
        var grant = _table.Grant(session, _silo.Now, _silo.IsServing ? _silo.ServingLeft : TimeSpan.Zero);
        _silo.World.Note(_silo, $"grants {(int)grant.TotalMilliseconds} ms to session {session.Id.Number} of {session.Client}");
        return grant;
    }

    public void Queue(TagUpdate change)
    {
        foreach (var session in _table.Queue(change, _silo.Now))
        {
            Push(session);
        }
    }

    public void Acknowledged(SessionId id, long number)
    {
        if (_table.Find(id) is { } session)
        {
            _silo.Fanout.Released(_table.Acknowledged(session, number));
            Push(session);
        }
    }

    public void Left(SessionId id)
    {
        if (_table.Find(id) is { } session)
        {
            _silo.Fanout.Released(_table.Left(session));
            _silo.Joining.SayGoodbye();
        }
    }

    /// <summary>The silo stops serving: every client is told that its session ends.</summary>
    public void Close()
    {
        _table.Close();
        foreach (var session in _table.All)
        {
            TellEnd(session);
        }
    }

    /// <summary>Breaks a session whose lease is over and that somebody waits for.</summary>
    public void TryBreak(IssuedSession session)
    {
        if ((session.OutstandingCount > 0 || _silo.IsLeaving) && _table.TryBreak(session, _silo.Now, out var released))
        {
            _silo.World.Note(_silo, $"breaks session {session.Id.Number} of {session.Client}");
            _silo.Fanout.Released(released);
            _silo.Joining.SayGoodbye();
        }
    }

    public void TryBreakAll()
    {
        foreach (var session in _table.All.ToList())
        {
            TryBreak(session);
        }
    }

    private void TellEnd(IssuedSession session)
    {
        var client = (Client)session.Client;
        _silo.Send(client, "session ends", () => client.Ended(_silo, session.Id));
    }

    private void Push(IssuedSession session)
    {
        if (session.OutstandingCount > 0)
        {
            var client = (Client)session.Client;
            var pushes = session.Unacknowledged(PushesInABatch);
            _silo.Send(client, $"pushes {pushes[0].Number} to {pushes[^1].Number}", () => client.Receive(_silo, session.Id, pushes));
        }
    }

    private void Tend() => _silo.After(Terms.Pause, "tends sessions", () =>
    {
        TryBreakAll();
        foreach (var session in _table.All)
        {
            Push(session);
            if (_silo.IsLeaving)
            {
                TellEnd(session);
            }
        }

        Tend();
    });
}
