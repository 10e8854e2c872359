using System.Net;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>One incarnation of a silo: its ledger, what it knows of the others, its right to serve, and a near cache of its own.</summary>
internal sealed class Silo : Process
{
    public Silo(World world, int id, double rate, TimeSpan ahead = default)
        : base(world, $"S{id}", rate, ahead)
    {
        Id = id;
        History = new(capacity: world.HasTimers ? 64 : 8);
        Address = SiloAddress.New(IPAddress.Loopback, 11_111, id);
        Members = new(id, LeaseTerms.WaitOut(Terms.ServingLease));
        Fanout = new(this);
        Holding = new(this);
        Sessions = new(this);
        Entries = new(this);
        Joining = new(this);
        Moving = new(this);
    }

    public int Id { get; }

    public SiloAddress Address { get; }

    /// <summary>What the ledger's clock read at moments that have passed.</summary>
    public StampHistory History { get; }

    public MemberTable<int> Members { get; }

    public LeaseDeadline Lease { get; } = new();

    public bool HasJoined { get; set; }

    public bool IsLeaving { get; set; }

    public Fanout Fanout { get; }

    public Holding Holding { get; }

    public SessionHost Sessions { get; }

    public EntryHost Entries { get; }

    public Joining Joining { get; }

    public Moving Moving { get; }

    /// <summary>The right to serve, with the clock as read at this use.</summary>
    public bool IsServing => HasJoined && (Lease.IsValid(Now) || (Mutants.Is(Mutant.NoServingLease) && !Lease.HasEnded));

    public TimeSpan ServingLeft => Mutants.Is(Mutant.ClientLeaseOutlivesSilo) ? TimeSpan.MaxValue : HasJoined ? Lease.Remaining(Now) : TimeSpan.Zero;

    /// <summary>A silo's own near cache serves by its own lease: it names no session.</summary>
    public override SessionId[]? Named => null;

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

    /// <summary>Applies an update or revalidation, of tags and of keys, or a hold. It is open here until it is settled, or released.</summary>
    /// <returns>The clock of the change.</returns>
    public Stamp Apply(TagUpdate change)
    {
        var now = Now;
        History.NoteOpening(change, now, Ledger);
        return change.HoldFor is not null ? Holding.Arrived(change)
            : change.Match == TagMatch.All && !Mutants.Is(Mutant.ConjunctionAsAny) ? Ledger.ExpireAll(change.Id, change.Tags)
            : change.StaleFor is { } staleFor ? Ledger.Stale(change.Id, change.Tags, now + staleFor, now, change.Remember)
            : Ledger.Expire(change.Id, change.Tags, change.Remember);
    }

    /// <summary>Every member has acknowledged that change.</summary>
    public void Settle(UpdateId change)
    {
        History.NoteSettling(change, Now, Ledger);
        Ledger.Settle(change);
    }

    /// <summary>Whether a copy of another silo's entry may be kept here.</summary>
    public bool MayKeepCopy(TagId[] tags, Stamp stamp) => Ledger.MayKeepCopy(tags, stamp);

    public override void Heard(Silo host, NearTerms? terms, Ask ask)
    {
    }

    /// <summary>What was copied is kept only if no update of its tags is open; what this silo's own caller generated, if it is live.</summary>
    public override void TryKeep(Silo host, Value value, NearTerms? terms, Ask ask, TimeSpan age, bool isCopy)
    {
        if (host != this && IsServing && (isCopy ? MayKeepCopy(value.Tags, ask.Stamp) : Ledger.IsLive(value.Tags, ask.Stamp)))
        {
            Keep(value, ask, age, null);
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
