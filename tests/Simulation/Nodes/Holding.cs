using OrleansTagCache.Coherence;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>The holds that one silo holds: in its table with their deadlines, and in its ledger.</summary>
internal sealed class Holding(Silo silo)
{
    private readonly HoldTable _table = new();

    /// <summary>A hold has arrived here itself, for the first time or again.</summary>
    /// <returns>The ledger's clock.</returns>
    public Stamp Arrived(TagUpdate hold)
    {
        var atMost = hold.HoldFor!.Value;
        var arrival = Mutants.Is(Mutant.DeadlineBySendersClock) ? silo.World.Silos.Find(each => each.Fanout.IsIncarnation(hold.Id.Coordinator))!.Now : silo.Now;
        _table.Arrived(hold.Id, hold.Tags, atMost, arrival);
        silo.World.Witnessed(hold.Id, silo);
        silo.After(LeaseTerms.WaitOut(atMost), "hold may be over", EndOverdue);
        return silo.Ledger.Hold(hold.Id, hold.Tags);
    }

    /// <summary>What a joiner is told.</summary>
    public HoldLeft[] Left() => _table.Left(silo.Now);

    /// <summary>Another silo has told this one what it holds.</summary>
    public void Adopt(HoldLeft[] holds)
    {
        foreach (var told in holds)
        {
            var hold = Mutants.Is(Mutant.AdoptedTimeFromNothing) ? told with { Left = TimeSpan.Zero } : told;
            silo.World.Did(Deed.HoldAdopted);
            silo.World.Note(silo, $"holds {string.Join(' ', hold.Tags.Select(tag => tag.Name))} as another does, for {(int)hold.Left.TotalMilliseconds} ms");
            _table.Adopt(hold, silo.Now);
            silo.After(LeaseTerms.WaitOut(hold.Left), "hold may be over", EndOverdue);
            silo.Ledger.Hold(hold.Id, hold.Tags);
        }
    }

    /// <summary>The holder ends a hold through this silo, or cannot have it: all members hear of it.</summary>
    /// <returns>Whether it was held throughout, as far as this silo can tell.</returns>
    public bool Release(UpdateId id, TagId[] tags)
    {
        var isHeld = _table.End(id, silo.IsServing);
        End(id, tags);
        silo.Fanout.Release(new(id, tags));
        return isHeld;
    }

    /// <summary>Another silo tells that a hold has ended.</summary>
    public void Released(HoldRelease hold)
    {
        if (!_table.Left(silo.Now).Any(each => each.Id == hold.Id))
        {
            silo.World.Did(Deed.UnknownHoldReleased);
        }

        _table.End(hold.Id, isLeaseValid: false);
        End(hold.Id, hold.Tags);
    }

    /// <summary>Ends what is over by this silo's own clock.</summary>
    public void EndOverdue()
    {
        foreach (var (id, tags) in _table.TakeOverdue(silo.Now))
        {
            silo.World.Did(Deed.HoldEndedByItself);
            End(id, tags);
        }
    }

    /// <summary>In one mutant: forgets everything.</summary>
    public void Wipe()
    {
        foreach (var hold in Left())
        {
            _table.End(hold.Id, isLeaseValid: false);
            End(hold.Id, hold.Tags);
        }
    }

    /// <summary>In one mutant: ends everywhere what a dead silo has coordinated.</summary>
    public void Finish(Guid coordinator)
    {
        foreach (var hold in Left().Where(hold => hold.Id.Coordinator == coordinator))
        {
            Release(hold.Id, hold.Tags);
        }
    }

    private void End(UpdateId id, TagId[] tags)
    {
        if (!Mutants.Is(Mutant.ReleaseUnnoted))
        {
            // It is a change of tags: what was made before it is not believed (invariant G5).
            silo.History.Note(silo.Now, silo.Ledger.Stamp());
        }

        var at = silo.Ledger.Release(id, tags);
        silo.World.Note(silo, $"ends a hold of {string.Join(' ', tags.Select(tag => tag.Name))} at clock {at.Value}");
    }
}
