using OrleansTagCache.Ownership;

namespace OrleansTagCache.Moving;

/// <summary>Which silos have been sent everything that is theirs, in one view of who owns what.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class MoveRecord
{
    private readonly HashSet<SiloAddress> _done = [];
    private Rendezvous _doneIn = Rendezvous.OfNone;
    private Rendezvous _allIn = Rendezvous.OfNone;

    /// <summary>Whether all silos of that view have everything.</summary>
    public bool HaveAll(Rendezvous silos) => ReferenceEquals(_allIn, silos);

    /// <summary>The silos that have everything in that view.</summary>
    public SiloAddress[] DoneIn(Rendezvous silos) => ReferenceEquals(_doneIn, silos) ? [.. _done] : [];

    /// <summary>A silo has what it was sent last, or has not taken it.</summary>
    public void Done(Rendezvous silos, SiloAddress silo, bool isDone)
    {
        if (!ReferenceEquals(_doneIn, silos))
        {
            _doneIn = silos;
            _done.Clear();
        }

        if (isDone)
        {
            _done.Add(silo);
        }
        else
        {
            // One that had everything lacks something now.
            _done.Remove(silo);
        }
    }

    /// <summary>A walk for that view has ended.</summary>
    public void Ended(Rendezvous silos, bool isWhole) => _allIn = isWhole ? silos : Rendezvous.OfNone;

    /// <summary>It is not known any more who has what.</summary>
    public void Forget()
    {
        (_doneIn, _allIn) = (Rendezvous.OfNone, Rendezvous.OfNone);
        _done.Clear();
    }
}
