namespace OrleansTagCache.Cluster;

/// <summary>
/// On which silo an entry was found last, of some of the entries: hints, in as much memory as there are slots. One may be wrong, since
/// entries move and share slots; then that silo has nothing to give, and the entry's own grain is asked.
/// </summary>
/// <remarks>Thread-safe. A slot is written whole; whoever writes last wins.</remarks>
internal sealed class Homes
{
    private const int Slots = 1 << 17;
    private const int MaximumSilos = byte.MaxValue;

    private readonly uint[] _slots = new uint[Slots];
    private SiloAddress[] _silos = [];

    public SiloAddress? Find(string scopedKey)
    {
        var (slot, mark) = PlaceOf(scopedKey);
        var hint = Volatile.Read(ref _slots[slot]);
        var silos = Volatile.Read(ref _silos);
        var number = (int)(hint & MaximumSilos);
        return number > 0 && number <= silos.Length && (hint & ~(uint)MaximumSilos) == mark ? silos[number - 1] : null;
    }

    public void Learn(string scopedKey, SiloAddress home)
    {
        var (slot, mark) = PlaceOf(scopedKey);
        Volatile.Write(ref _slots[slot], mark | (uint)NumberOf(home));
    }

    public void Forget(string scopedKey) => Volatile.Write(ref _slots[PlaceOf(scopedKey).Slot], 0);

    /// <summary>The slot, and what tells the keys apart that share it, mostly.</summary>
    private static (int Slot, uint Mark) PlaceOf(string scopedKey)
    {
        var hash = (uint)scopedKey.GetHashCode(StringComparison.Ordinal);
        return ((int)(hash % Slots), (hash >> 17 << 8) | (1u << 31));
    }

    private int NumberOf(SiloAddress home)
    {
        while (true)
        {
            var silos = Volatile.Read(ref _silos);
            var number = Array.IndexOf(silos, home) + 1;
            if (number > 0)
            {
                return number;
            }

            // After very many restarts of silos all hints begin anew; those that are left point to some silo, which will not have the entry.
            SiloAddress[] more = silos.Length == MaximumSilos ? [home] : [.. silos, home];
            Interlocked.CompareExchange(ref _silos, more, silos);
        }
    }
}
