using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Simulation.Engine;
using OrleansTagCache.Simulation.Seams;

namespace OrleansTagCache.Simulation.Nodes;

/// <summary>Values that move between silos: sends copies under the tickets of others, takes copies under its own, and fetches what a miss may still find at the former owner.</summary>
internal sealed class Moving(Silo silo)
{
    private readonly TicketBook _tickets = new();

    /// <summary>For each key that is being fetched, those who wait for it.</summary>
    private readonly Dictionary<string, List<Action<EntryCopy?>>> _fetching = [];

    private long _issued;

    /// <summary>Sends the value of a key to another silo, which may keep it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="to">The silo.</param>
    /// <param name="drops">Whether it is let go of here once it is kept there.</param>
    /// <param name="isForStandby">Whether the other silo is to hold it as a standby.</param>
    public void Send(string key, Silo to, bool drops, bool isForStandby = false)
    {
        if (Mutants.Is(Mutant.ReadBeforeTicket))
        {
            silo.Entries.Copy(key, copy => AskForTicket(key, to, ticket => Send(copy, to, ticket, drops, isForStandby)));
        }
        else
        {
            AskForTicket(key, to, ticket => silo.Entries.Copy(key, copy => Send(copy, to, ticket, drops, isForStandby)));
        }
    }

    /// <summary>
    /// Asks the silo that owned a key before for its value, under a ticket of this silo's own; those who want it at the same time share the question. All of them look at the entry afterwards: what was
    /// not kept is believed by none of them.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="from">The former owner.</param>
    /// <param name="then">Gets what came, which only one mutant looks at.</param>
    public void Fetch(string key, Silo from, Action<EntryCopy?> then)
    {
        if (_fetching.TryGetValue(key, out var others))
        {
            silo.World.Did(Deed.FetchShared);
            others.Add(then);
            return;
        }

        List<Action<EntryCopy?>> waiting = [then];
        _fetching.Add(key, waiting);
        var ticket = Issue();
        silo.Send(from, $"fetches {key}", () => from.Entries.Copy(key, copy => from.Send(silo, "fetched", () =>
        {
            if (copy is not null)
            {
                silo.Entries.Keep(copy, ticket, _ => End(copy));
            }
            else
            {
                End(null);
            }
        })));
        silo.After(Terms.Pause, "stops fetching", () => End(null));

        void End(EntryCopy? copy)
        {
            if (_fetching.GetValueOrDefault(key) == waiting)
            {
                _fetching.Remove(key);
                waiting.ForEach(each => silo.Soon("looks again", () => each(copy)));
            }
        }
    }

    private Ticket Issue() => _tickets.Issue(new(silo.Unique(4, ++_issued)), silo.Ledger.Stamp(), silo.Now);

    private void AskForTicket(string key, Silo to, Action<TicketId> then) => silo.Send(to, $"asks for a ticket for {key}", () =>
    {
        if (to.IsServing)
        {
            var ticket = to.Moving.Issue().Id;
            to.Send(silo, "ticket", () => then(ticket));
        }
    });

    private void Send(EntryCopy? read, Silo to, TicketId ticket, bool drops, bool isForStandby)
    {
        if (read is null)
        {
            return;
        }

        var copy = read with { IsForStandby = isForStandby };

        silo.World.Note(silo, $"sends {silo.World.ValueOf(copy.Data.Payload)} to {to}");
        silo.Send(to, $"copy of {copy.ScopedKey}", () => to.Moving.Receive(copy, ticket, isKept =>
        {
            if (isKept && drops)
            {
                to.Send(silo, "copy is kept", () => silo.Entries.Evict(copy.ScopedKey));
            }
        }));
    }

    private void Receive(EntryCopy copy, TicketId id, Action<bool> reply)
    {
        if (_tickets.Take(id, silo.Now) is { } ticket)
        {
            silo.Entries.Keep(copy, ticket, status => reply(status == CopyStatus.Kept));
        }
        else
        {
            silo.World.Did(Deed.TicketRefused);
        }
    }
}
