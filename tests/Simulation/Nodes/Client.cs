using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;
using OrleansTagCache.Simulation.Traces;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>A client process: a session with each silo whose entries it keeps (section 6).</summary>
internal sealed class Client(World world, string name, double rate, TimeSpan ahead = default) : Process(world, name, rate, ahead)
{
    private readonly Dictionary<int, OwnSession<int>> _sessions = [];
    private readonly HashSet<int> _opening = [];
    private readonly NearShadow? _shadow = NearShadow.Of(world);

    public override SessionId[]? Named => [.. _sessions.Values.Select(session => session.Id)];

    public override void Asked(Ask ask) => _shadow?.Asked(ask);

    public override void Heard(Silo host, NearTerms? terms, Ask ask)
    {
        if (terms is null)
        {
            return;
        }

        var held = _sessions.GetValueOrDefault(host.Id);
        if (held is null)
        {
            Open(host);
        }
        else if (terms.Session == held.Id)
        {
            _shadow?.Granted(host.Id, held.Id.Number, ask.At, terms.Grant);
            Granted(held, terms, ask.At);
        }
        else if (terms.Session.IsNone && ask.Named!.Contains(held.Id))
        {
            // The silo does not know what the question named.
            Leave(held.Id);
        }
    }

    public override void TryKeep(Silo host, Value value, NearTerms? terms, Ask ask, TimeSpan age, bool isCopy)
    {
        if (terms?.MayKeep == true)
        {
            _shadow?.Answered(host.Id, terms.Session.Number, value, ask, age, World.LifetimeOf(value.Key).Life.Revalidate);
        }

        var session = terms is null ? null : Mutants.Is(Mutant.AnswerOfOldSessionKept) ? _sessions.GetValueOrDefault(host.Id) : SessionOf(terms.Session);
        if (terms?.MayKeep == true && session is { IsOver: false } && Ledger.IsLive([.. value.Tags, .. ask.SoftTags], ask.Stamp))
        {
            Keep(value, ask, age, session);
        }
    }

    /// <summary>Opens a session in a call of its own.</summary>
    public void Open(Silo host)
    {
        if (_sessions.ContainsKey(host.Id) || !_opening.Add(host.Id))
        {
            return;
        }

        var askedAt = Now;
        Send(host, "open session", () =>
        {
            var terms = host.Sessions.Open(this);
            host.Send(this, "session opened", () => Opened(host, terms, askedAt));
        });
        After(Terms.Patience, "no session", () => _opening.Remove(host.Id));
    }

    /// <summary>Applies what a silo pushes, whatever the session, and acknowledges it afterwards.</summary>
    public void Receive(Silo from, SessionId id, Push[] pushes)
    {
        foreach (var push in pushes)
        {
            _shadow?.Pushed(from.Id, id.Number, push.Tags);
            var at = push.Match == TagMatch.All ? ApplyAll(push)
                : push.StaleFor is { } staleFor ? Ledger.Stale(push.Tags, Now + staleFor, Now)
                : Ledger.Expire(push.Tags);
            World.Note(this, $"applies push {push.Number} of {string.Join(' ', push.Tags.Select(tag => tag.Name))} at clock {at.Value}");
        }

        Send(from, $"push acknowledged", () => from.Sessions.Acknowledged(id, pushes[^1].Number));
    }

    /// <summary>The conjunction first, for what is on its way here; then the walk over what is kept.</summary>
    private Stamp ApplyAll(Push push)
    {
        if (Mutants.Is(Mutant.ConjunctionUnknownToClient))
        {
            var now = new Stamp(Ledger.Stamp().Value + 1);
            EndNear(push.Tags, now);
            return now;
        }

        var at = Ledger.ExpireAll(push.Tags);
        if (Mutants.Is(Mutant.ClientWalksLate))
        {
            this.Soon("walks late", () => EndNear(push.Tags, at));
        }
        else
        {
            World.InterleaveJoint(this);
            EndNear(push.Tags, at);
        }

        return at;
    }

    /// <summary>The silo ends the session: it is leaving.</summary>
    public void Ended(Silo from, SessionId id)
    {
        Leave(id);
        Send(from, "left the session", () => from.Sessions.Left(id));
    }

    /// <summary>A heartbeat.</summary>
    public void Renew(Silo host)
    {
        if (_sessions.TryGetValue(host.Id, out var session))
        {
            var askedAt = Now;
            Send(host, "renew session", () =>
            {
                var terms = host.Sessions.Renew(session.Id);
                host.Send(this, terms.Session.IsNone ? "session unknown" : "session renewed", () => Renewed(session, askedAt, terms));
            });
        }
    }

    protected override bool MayServe(NearValue near) => near.Session!.IsValid(Now);

    protected override void Reads(Reading reading) => _shadow?.Read(reading, Now);

    private static void Granted(OwnSession<int> session, NearTerms terms, Moment askedAt)
    {
        if (terms.Grant > TimeSpan.Zero)
        {
            session.Granted(askedAt, terms.Grant);
        }
    }

    private void Renewed(OwnSession<int> session, Moment askedAt, NearTerms terms)
    {
        if (terms.Session.IsNone)
        {
            Leave(session.Id);
        }
        else
        {
            _shadow?.Granted(session.Silo, session.Id.Number, askedAt, terms.Grant);
            Granted(session, terms, askedAt);
        }
    }

    private void Opened(Silo host, NearTerms terms, Moment askedAt)
    {
        _opening.Remove(host.Id);
        if (terms.Session.IsNone || _sessions.ContainsKey(host.Id))
        {
            return;
        }

        var session = new OwnSession<int>(terms.Session, host.Id);
        Granted(session, terms, askedAt);
        _sessions[host.Id] = session;
        _shadow?.Opened(host.Id, session.Id.Number, askedAt, terms.Grant);
        World.Note(this, $"holds session {session.Id.Number} of {host}");
        Beat(host, session);
    }

    private void Beat(Silo host, OwnSession<int> session) => After(Terms.SessionLease / 3, $"heartbeat", () =>
    {
        if (!session.IsOver && !host.IsGone)
        {
            Renew(host);
            Beat(host, session);
        }
        else if (!session.IsOver)
        {
            // The silo is known to be gone: what was kept of it lapses by itself.
            _sessions.Remove(host.Id);
        }
    });

    private OwnSession<int>? SessionOf(SessionId id) => _sessions.Values.FirstOrDefault(session => session.Id == id);

    private void Leave(SessionId id)
    {
        if (SessionOf(id) is { } session)
        {
            session.Leave();
            _sessions.Remove(session.Silo);
            _shadow?.Left(session.Silo, id.Number);
            World.Note(this, $"leaves session {id.Number} of S{session.Silo}");
        }
    }
}
