using OrleansTagCache.Entries;
using OrleansTagCache.Ownership;

namespace OrleansTagCache.Moving;

/// <summary>Which entries are sent to which silo, and in which order.</summary>
internal static class MovePlan
{
    /// <summary>What was read most goes first, should there be no time for all.</summary>
    /// <param name="slots">The entries. What this silo holds of another one's as its standby is left out: it is the owner's to send.</param>
    /// <param name="silos">Who owns what.</param>
    /// <param name="isSent">Whether an entry is sent to its owner.</param>
    public static (EntrySlot Slot, SiloAddress Owner)[] Of(IReadOnlyCollection<EntrySlot> slots, Rendezvous silos, Func<EntrySlot, SiloAddress, bool> isSent)
    {
        var plan = new List<(EntrySlot Slot, SiloAddress Owner)>(slots.Count);
        foreach (var slot in slots)
        {
            if (slot.Value is not { IsStandbyCopy: true } && silos.OwnerOf(slot.ScopedKey) is { } owner && isSent(slot, owner))
            {
                plan.Add((slot, owner));
            }
        }

        // Readers go on reading: what they change during the sort would confuse it.
        var ordered = plan.ToArray();
        Array.Sort(Array.ConvertAll(ordered, static move => -move.Slot.Links.Uses), ordered);
        return ordered;
    }
}
