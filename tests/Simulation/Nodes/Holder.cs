using OrleansTagCache.Coherence;
using OrleansTagCache.Names;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>
/// A process that changes the source under a hold: it takes the hold, looks at its clock, commits, looks again, and ends the hold. It may stop after any of these, and anything may come in between.
/// </summary>
internal sealed class Holder(Process process, TagId[] tags, TimeSpan atMost)
{
    private readonly Guid _question = process.NextQuestion();
    private HoldTime _time;
    private Committed? _commit;
    private bool _isOver;

    /// <summary>The hold, once it is had.</summary>
    public UpdateId? Id { get; private set; }

    /// <summary>Whether it is held, by this process's clock as read at this use.</summary>
    public bool IsHeld => Id is not null && !_isOver && _time.IsHeldAt(process.Now);

    /// <summary>Asks for the hold, for the first time or again. The first answer counts: any other hold is left to its time.</summary>
    public void Take(Silo coordinator, Action? then = null)
    {
        // Before asking.
        var askedAt = process.Now;
        process.World.Note(process, $"asks {coordinator} to hold {string.Join(' ', tags.Select(tag => tag.Name))} for {(int)atMost.TotalMilliseconds} ms");
        process.Send(coordinator, "take hold", () => coordinator.Fanout.Hold(_question, tags, atMost, id =>
            coordinator.Send(process, id is null ? "no hold" : "hold is had", () =>
            {
                if (id is not null && Id is null)
                {
                    (Id, _time) = (id, new(Mutants.Is(Mutant.HolderTimeFromAnswer) ? process.Now : askedAt, atMost));
                    process.World.Did(Deed.HoldTaken);
                    then?.Invoke();
                }
            })));
    }

    /// <summary>The source changes, held or not: who was frozen after its look does not know.</summary>
    public void Commit()
    {
        var isHeld = IsHeld && !process.World.IsLost(Id!.Value);
        _commit = process.World.Checker.Commit(process, tags, isHeld);
        process.World.Note(process, $"COMMITS {string.Join(' ', tags.Select(tag => tag.Name))}{(isHeld ? string.Empty : ", and does not know whether it is held")}");
        if (isHeld)
        {
            process.World.Did(Deed.CommittedWhileHeld);
            process.World.Changes++;
        }
    }

    /// <summary>The outcome of the commit is known: ends the hold through that silo. If it has lapsed, the tags are updated.</summary>
    public void Release(Silo through)
    {
        var (time, outcomeKnownAt) = (_time, process.Now);
        process.Send(through, "release", () =>
        {
            var isHeld = through.Holding.Release(Id!.Value, tags);
            through.Send(process, isHeld ? "was held" : "has lapsed", () => End(Mutants.Is(Mutant.HeldWithoutLook) ? isHeld : time.WasHeldThroughout(outcomeKnownAt, isHeld), through));
        });

        // Without an answer it is as if it had lapsed.
        process.After(Terms.Patience, "no word of the release", () => End(isHeld: false, through));
    }

    private void End(bool isHeld, Silo through)
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        process.Holders.Remove(this);
        process.World.Note(process, $"is told {(isHeld ? "HELD" : "lapsed")}");
        process.World.Did(isHeld ? Deed.ToldHeld : Deed.ToldLapsed);
        if (_commit is { } commit)
        {
            process.World.Checker.Ended(commit, isHeld);
            process.World.Changes += isHeld ? 1 : 0;
        }

        if (!isHeld)
        {
            process.Change(tags, null, through);
        }
    }
}
