using OrleansTagCache.Coherence;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>One incarnation of a silo: its ledger, what it knows of the others, its right to serve, and a near cache of its own.</summary>
internal sealed class Silo : Process
{
    public Silo(World world, int id, double rate)
        : base(world, $"S{id}", rate)
    {
        Id = id;
        Members = new(id, LeaseTerms.WaitOut(Terms.ServingLease));
        Fanout = new(this);
        Sessions = new(this);
        Entries = new(this);
        Joining = new(this);
    }

    public int Id { get; }

    public MemberTable<int> Members { get; }

    public LeaseDeadline Lease { get; } = new();

    public bool HasJoined { get; set; }

    public bool IsLeaving { get; set; }

    public Fanout Fanout { get; }

    public SessionHost Sessions { get; }

    public EntryHost Entries { get; }

    public Joining Joining { get; }

    /// <summary>The right to serve, with the clock as read at this use.</summary>
    public bool IsServing => HasJoined && (Lease.IsValid(Now) || (Mutants.Is(Mutant.NoServingLease) && !Lease.HasEnded));

    public TimeSpan ServingLeft => Mutants.Is(Mutant.ClientLeaseOutlivesSilo) ? TimeSpan.MaxValue : HasJoined ? Lease.Remaining(Now) : TimeSpan.Zero;

    /// <summary>A silo's own near cache serves by its own lease: it names no session.</summary>
    public override SessionId[] Named => [];

    /// <summary>Every silo that an update must reach, as of now.</summary>
    public List<int> Others()
    {
        var others = Members.Others(Now);
        if (Mutants.Is(Mutant.DeadDroppedAtOnce))
        {
            others.RemoveAll(Members.IsDead);
        }

        return others;
    }

    public Guid Unique(int kind, long number) => new(Id, (short)kind, 0, BitConverter.GetBytes(number));

    public override void Heard(Silo host, KeepTerms terms, Moment askedAt)
    {
    }

    /// <summary>What was copied is kept only if no update of its tags is open; what this silo's own caller generated, if it is live.</summary>
    public override void TryKeep(Silo host, Value value, KeepTerms terms, Stamp stamp, bool isCopy)
    {
        if (host != this && IsServing && (isCopy ? Ledger.MayKeepCopy(value.Tags, stamp) : Ledger.IsLive(value.Tags, stamp)))
        {
            Keep(new(value, ValidityOf(value, stamp), null));
        }
    }

    public void Observe(KeyValuePair<int, RowStatus>[] rows, long version)
    {
        var died = Members.Observe(rows, version, Now);
        Fanout.ReconsiderAll();
        foreach (var silo in died)
        {
            World.Note(this, $"sees S{silo} dead");
            Fanout.FinishUpdatesOf(silo);
        }
    }

    protected override bool MayServe(NearValue near) => IsServing;
}
