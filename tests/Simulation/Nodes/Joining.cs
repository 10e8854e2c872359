using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>Section 5 in one silo: renewing the serving lease, watching the table, joining and leaving.</summary>
internal sealed class Joining(Silo silo)
{
    private readonly JoinProgress<int> _progress = new();

    private World World => silo.World;

    public void Start()
    {
        World.Table.Write(silo.Id, RowStatus.Joining);
        Renew();
        Watch();
        TryJoin();
        silo.After(Terms.Pause * 3, "becomes active", () => World.Table.Write(silo.Id, RowStatus.Alive));
    }

    /// <summary>Reads the own row; the lease counts from before the read.</summary>
    public void Renew()
    {
        var askedAt = silo.Now;
        silo.Send(World.Table, "read own row", () =>
        {
            var isAlive = World.Table.StatusOf(silo.Id) is not (null or RowStatus.Dead);
            World.Table.Send(silo, isAlive ? "row is alive" : "row is dead", () => Renewed(askedAt, isAlive));
        });
        silo.After(LeaseTerms.RenewalPeriod(Terms.ServingLease), "renews", Renew);
    }

    /// <summary>Reads the whole table, as gossip and the joining do.</summary>
    public void Watch()
    {
        ReadTable(_ => { });
        silo.After(Terms.Pause * 3, "watches", Watch);
    }

    /// <summary>Reads the table, greets all that are not dead in it, waits every dead one out, and does it once more, for what they hold; then expires everything, and serves.</summary>
    public void TryJoin()
    {
        GreetAll();
        silo.After(Terms.Pause * 2, "still joining?", () =>
        {
            if (!silo.HasJoined)
            {
                TryJoin();
            }
        });
    }

    public void Leave()
    {
        silo.IsLeaving = true;
        silo.Soon("stops serving", () =>
        {
            silo.Lease.End();
            silo.Sessions.Close();
            SayGoodbye();
        });
    }

    /// <summary>Once no client may serve any more: tells the members, and is gone.</summary>
    public void SayGoodbye()
    {
        if (silo.IsLeaving && silo.Lease.HasEnded && (silo.Sessions.IsEmpty || Mutants.Is(Mutant.GoodbyeWithoutClients)))
        {
            silo.IsLeaving = false;
            foreach (var id in silo.Others())
            {
                var other = World.Silos[id];
                silo.Send(other, "goodbye", () =>
                {
                    other.Members.Leave(silo.Id);
                    other.Fanout.ReconsiderAll();
                });
            }

            silo.Soon("ends", () =>
            {
                World.Table.Write(silo.Id, RowStatus.Dead);
                silo.Crash();
            });
        }
    }

    private void Renewed(Moment askedAt, bool isAlive)
    {
        if (isAlive)
        {
            silo.Lease.Renewed(Mutants.Is(Mutant.LeaseFromAfterRead) ? silo.Now : askedAt, Terms.ServingLease);
            silo.Fanout.ReconsiderAll();
        }
    }

    private void ReadTable(Action<KeyValuePair<int, RowStatus>[]> then, string text = "read all rows") =>
        silo.Send(World.Table, text, () =>
        {
            var (rows, version) = (World.Table.Rows, World.Table.Version);
            World.Table.Send(silo, $"rows of version {version}", () =>
            {
                silo.Observe(rows, version);
                then(rows);
            });
        });

    private void GreetAll()
    {
        var round = _progress.Round;
        ReadTable(
            rows =>
            {
                var alive = rows.Where(row => row.Key != silo.Id && row.Value != RowStatus.Dead && !Mutants.Is(Mutant.NoHello)).Select(row => row.Key);
                Array.ForEach(_progress.Read(round, alive), id => Greet(World.Silos[id], round));
                Serve();
            },
            round == JoinRound.First ? "read all rows" : "read rows again");
    }

    private void Greet(Silo other, JoinRound round) => silo.Send(other, round == JoinRound.First ? "hello" : "hello again", () =>
    {
        var isWelcome = other.Members.Greet(silo.Id);
        other.Fanout.ReconsiderAll();
        if (isWelcome)
        {
            HoldLeft[] holds = round == JoinRound.First || Mutants.Is(Mutant.HelloWithoutHolds) ? [] : other.Holding.Left();
            other.Send(silo, round == JoinRound.First ? "hello answered" : "hello again answered", () => Answered(other, round, holds));
        }
    });

    private void Answered(Silo other, JoinRound round, HoldLeft[] holds)
    {
        silo.Holding.Adopt(holds);
        if (silo.Members.Greet(other.Id))
        {
            _progress.Answered(round, other.Id);
            Serve();
        }
    }

    private void Serve()
    {
        if (silo.HasJoined || silo.Lease.HasEnded)
        {
            return;
        }

        var step = _progress.Next(silo.Members.IsDead, silo.Members.IsWaitedOut(silo.Now) || Mutants.Is(Mutant.NoWaitForDeadRows));
        if (step == JoinStep.ReadTable)
        {
            GreetAll();
        }

        if (step != JoinStep.Serve || !silo.Lease.IsValid(silo.Now))
        {
            return;
        }

        if (Mutants.Is(Mutant.HoldsWipedByServing))
        {
            silo.Holding.Wipe();
        }

        if (!Mutants.Is(Mutant.TokenBeforeServing))
        {
            silo.Ledger.ExpireEverything();
        }

        silo.History.Begin(silo.Now);
        silo.HasJoined = true;
        World.Note(silo, $"SERVES; members {string.Join(' ', silo.Others())}");
        silo.Fanout.ReconsiderAll();
    }
}
