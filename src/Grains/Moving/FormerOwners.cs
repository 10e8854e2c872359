using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Membership;
using OrleansTagCache.Ownership;

namespace OrleansTagCache.Moving;

/// <summary>
/// The silos that may still have values of keys that are this silo's now: after it has joined, all that served before; and silos that leave. Each until it has sent all that it had.
/// A miss asks the one that the key belonged to before its reader gets a token.
/// </summary>
/// <remarks>Thread-safe. While no silo is awaited, a look costs one volatile read.</remarks>
internal sealed class FormerOwners(Owners owners, Members members, Standings standings, ILocalSiloDetails self, TimeProvider time)
{
    /// <summary>A silo that has not said by then that it has sent everything never does.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private View? _view;

    /// <summary>Whether any silo is still to send what it has.</summary>
    public bool AreAwaited => Volatile.Read(ref _view) is not null;

    /// <summary>For how long silos have been awaited; null if none is.</summary>
    public TimeSpan? FillingFor => Volatile.Read(ref _view) is { } view ? time.Now() - view.Since : null;

    /// <summary>This silo begins to serve: those that have served before send it what is its own now.</summary>
    public void Joined()
    {
        lock (_gate)
        {
            Await([.. members.Others.Where(silo => standings.Of(silo) is Standing.Serving or Standing.Leaving)], []);
        }
    }

    /// <summary>A silo leaves: what it has of this silo's keys from now on is on its way.</summary>
    public void Leaves(SiloAddress silo)
    {
        lock (_gate)
        {
            if (standings.Of(self.SiloAddress) == Standing.Serving && _view?.Leaving.Contains(silo) != true)
            {
                Await(_view?.Earlier ?? [], [.. _view?.Leaving ?? [], silo]);
            }
        }
    }

    /// <summary>A silo has sent all that it had.</summary>
    public void HasSent(SiloAddress silo) => Keep(awaited => !awaited.Equals(silo));

    /// <summary>Those that are gone send nothing any more.</summary>
    public void Reconsider() => Keep(silo => members.Others.Contains(silo) && !members.IsDead(silo));

    /// <summary>The silo that a key of this silo's belonged to before, if that may still have its value; null if there is none to ask.</summary>
    public SiloAddress? Of(string scopedKey)
    {
        if (Volatile.Read(ref _view) is not { } view)
        {
            return null;
        }

        if (time.Now() - view.Since > LongestWait)
        {
            Volatile.Write(ref _view, null);
            return null;
        }

        var former = view.Before(owners.Silos, self.SiloAddress).OwnerOf(scopedKey);
        return former is not null && view.Contains(former) ? former : null;
    }

    private void Keep(Predicate<SiloAddress> isAwaited)
    {
        lock (_gate)
        {
            if (_view is { } view)
            {
                var (earlier, leaving) = (Array.FindAll(view.Earlier, isAwaited), Array.FindAll(view.Leaving, isAwaited));
                if (earlier.Length + leaving.Length < view.Earlier.Length + view.Leaving.Length)
                {
                    Await(earlier, leaving);
                }
            }
        }
    }

    private void Await(SiloAddress[] earlier, SiloAddress[] leaving) =>
        Volatile.Write(ref _view, earlier.Length + leaving.Length == 0 ? null : new(earlier, leaving, time.Now()));

    /// <summary>Whom to wait for, and who owned what before.</summary>
    /// <param name="Earlier">Those that served before this silo did.</param>
    /// <param name="Leaving">Those that leave.</param>
    /// <param name="Since">When whom to wait for changed last.</param>
    private sealed record View(SiloAddress[] Earlier, SiloAddress[] Leaving, Moment Since)
    {
        private Rendezvous _before = Rendezvous.OfNone;

        public bool Contains(SiloAddress silo) => Earlier.Contains(silo) || Leaving.Contains(silo);

        /// <summary>Before this silo came, it owned nothing; a silo that leaves did.</summary>
        public Rendezvous Before(Rendezvous now, SiloAddress self)
        {
            var before = Volatile.Read(ref _before).With(now.Silos.Where(silo => Earlier.Length == 0 || !silo.Equals(self)).Union(Earlier).Union(Leaving));
            Volatile.Write(ref _before, before);
            return before;
        }
    }
}
