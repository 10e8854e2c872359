using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>The sessions that one silo issued: granting, pushing, breaking.</summary>
internal sealed class SessionHost
{
    private const int PushesInABatch = 2;

    private readonly Silo _silo;
    private readonly SessionTable _table;

    public SessionHost(Silo silo)
    {
        _silo = silo;
        _table = new(silo.Unique(2, 0), Terms.SessionLease, Terms.MaximumInterest);
        Tend();
    }

    public bool IsEmpty => _table.All.Count == 0;

    public bool AwaitsClients(UpdateId update) => _table.AwaitsClients(update);

    /// <summary>The one of the named sessions that this silo issued and has not broken.</summary>
    public IssuedSession? Find(SessionId[] named) => _table.Find(named);

    public NearTerms Open(Client client) => TermsOf(_silo.IsServing ? _table.Open(client) : null, mayKeep: false);

    public NearTerms Renew(SessionId id) => Mutants.Is(Mutant.BrokenSessionRevived) && _silo.IsServing && _table.Find(id) is null
        ? new(_silo.Address, id, Terms.SessionLease, MayKeep: false)
        : TermsOf(_table.Find(id), mayKeep: false);

    /// <summary>The session among these that is this silo's, now told of every update of the records' tags, of the soft tags and of the key.</summary>
    public IssuedSession? Register(SessionId[] named, TagRecord[] records, TagId key, string[]? softTags = null)
    {
        if (_table.Find(named) is not { } session)
        {
            return null;
        }

        _table.Register(session, [.. records.Select(record => record.Tag), .. (softTags ?? []).Select(Catalog.TagOfName), key], _silo.Now);
        _silo.World.Note(_silo, $"registers session {session.Id.Number} for {key.Name}");
        Push(session);
        return session;
    }

    /// <summary>What to say beside an answer.</summary>
    public NearTerms TermsFor(SessionId[] named, IssuedSession? registered, bool isLive) =>
        TermsOf(registered ?? _table.Find(named), isLive && registered is { IsBroken: false });

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

    private NearTerms TermsOf(IssuedSession? session, bool mayKeep)
    {
        if (session is null or { IsBroken: true })
        {
            return new(_silo.Address, SessionId.None, TimeSpan.Zero, MayKeep: false);
        }

        var grant = _table.Grant(session, _silo.Now, _silo.IsServing ? _silo.ServingLeft : TimeSpan.Zero);
        _silo.World.Note(_silo, $"grants {(int)grant.TotalMilliseconds} ms to session {session.Id.Number} of {session.Client}");
        return new(_silo.Address, session.Id, grant, mayKeep);
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
