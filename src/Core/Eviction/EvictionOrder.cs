namespace OrleansTagCache.Eviction;

/// <summary>
/// Which entries stay when there is no room, by bytes or by number: S3-FIFO (Yang and others, SOSP 2023), weighted by bytes, with a share of the small queue that follows the readers.
///
/// <para><b>Coming.</b> An entry enters a small queue: most keys are never read again, and leave by it without displacing anything else. One whose key has just gone, as a table of hashes
/// remembers, enters the main queue. So does one that was set: its readers are still to come.</para>
///
/// <para><b>Going.</b> The oldest of the small queue goes while that has more than its share, and otherwise the oldest of the main one. An entry that was read in the small queue moves to
/// the main one; one that was read in the main queue goes round again, once for each of up to three reads.</para>
///
/// <para><b>The share</b> of the small queue is a tenth at first. A key that comes back soon after it went from there would have been found in a larger one, and a key that comes back
/// soon after it went from the main queue in a larger one of those: each moves the share by some entries.</para>
///
/// <para><b>Cost.</b> A read counts in two bits of its entry, without a lock. A victim costs a bounded number of looks, whichever bound is met and however many entries were read: when each
/// of those looked at was read, the one that was read least goes.</para>
/// </summary>
/// <param name="maximumBytes">How many bytes the entries may have in all.</param>
/// <param name="maximumEntries">How many entries there may be, at least one.</param>
/// <typeparam name="T">The entry.</typeparam>
/// <remarks>
/// Not thread-safe: its owner calls every method under one lock. Any thread may read the figures, and count a read by <see cref="EvictionLinks{T}.Used"/>.
/// </remarks>
internal sealed class EvictionOrder<T>(long maximumBytes, long maximumEntries)
    where T : class, IEvictable<T>
{
    /// <summary>How many entries are looked at for one that goes.</summary>
    public const int MaximumLooks = 512;

    private const double FirstShare = 0.1;
    private const double LeastShare = 0.02;
    private const double LargestShare = 0.95;

    /// <summary>A key is back soon when no more have gone since than this part of the entries.</summary>
    private const double Soon = 0.1;

    /// <summary>How many entries a key that is back soon moves the share by. It falls faster than it grows: what the main queue has is proven.</summary>
    private const double GrowBy = 10;
    private const double ShrinkBy = 20;

    private readonly EvictionGhost _ghost = new();
    private EvictionList<T> _small;
    private EvictionList<T> _main;
    private double _smallShare = FirstShare;
    private long _count;
    private long _bytes;
    private long _looks;

    public long MaximumBytes => maximumBytes;

    public long Count => Volatile.Read(ref _count);

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>How many entries were looked at for those that went, in all.</summary>
    public long Looks => Volatile.Read(ref _looks);

    /// <summary>Whether an entry of that size could stay at all, were it alone: one that could not is not to be put here.</summary>
    public bool MayHold(long bytes) => bytes <= maximumBytes;

    /// <summary>An entry comes; or it is here, has another size now, and keeps its place. Its victims are to be taken next.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="isRead">Whether it was made for a reader, and not set for readers to come.</param>
    public void Put(T entry, int bytes, bool isRead)
    {
        ref var links = ref entry.Links;
        if (links.IsLinked)
        {
            ListOf(links.Queue).Resize(entry, bytes);
        }
        else
        {
            links.Bytes = bytes;
            links.SetUses(0);
            var from = _ghost.Take(entry.KeyHash, _count, out var age);
            if (isRead && from != EvictionQueue.None && age < _count * Soon)
            {
                MoveShare(from == EvictionQueue.Small ? GrowBy : -ShrinkBy);
            }

            Add(entry, from != EvictionQueue.None || !isRead ? EvictionQueue.Main : EvictionQueue.Small);
        }

        Tally();
    }

    /// <summary>An entry takes the place of another one of its key, which is here, and reads of that count for it. Its victims are to be taken next.</summary>
    public void Replace(T old, T entry, int bytes)
    {
        ref var list = ref ListOf(old.Links.Queue);
        list.Replace(old, entry);
        list.Resize(entry, bytes);
        Tally();
    }

    /// <summary>An entry goes by itself; nothing happens if it has gone.</summary>
    public void Remove(T entry)
    {
        if (entry.Links.IsLinked)
        {
            Take(entry);
            Tally();
        }
    }

    /// <summary>Takes out an entry that is to go so that there is room.</summary>
    /// <param name="spared">The entry that room is made for: it stays.</param>
    /// <returns>The entry, which is not here any more; null if there is room, or nothing else to go.</returns>
    public T? TakeVictim(T? spared)
    {
        if (_bytes <= maximumBytes && _count <= maximumEntries)
        {
            return null;
        }

        T? victim = null;
        var leastUses = int.MaxValue;
        for (var looks = 0; looks < MaximumLooks && leastUses > 0 && Next(spared) is { } entry; looks++)
        {
            _looks++;
            var uses = entry.Links.Uses;
            if (uses < leastUses)
            {
                (victim, leastUses) = (entry, uses);
            }

            if (uses > 0)
            {
                GoRound(entry, uses);
            }
        }

        if (victim is not null)
        {
            _ghost.Add(victim.KeyHash, victim.Links.Queue, _count);
            Take(victim);
            Tally();
        }

        return victim;
    }

    /// <summary>The entry that is to be looked at next.</summary>
    private T? Next(T? spared)
    {
        var isSmallNext = _main.Count == 0 || _small.Bytes > maximumBytes * _smallShare || _small.Count > maximumEntries * _smallShare;
        var oldest = isSmallNext ? _small.Oldest : _main.Oldest;
        return oldest is null || oldest != spared
            ? oldest
            : oldest.Links.Newer ?? (isSmallNext ? _main.Oldest : _small.Oldest);
    }

    private void GoRound(T entry, int uses)
    {
        ref var links = ref entry.Links;
        var isSmall = links.Queue == EvictionQueue.Small;
        Take(entry);
        links.SetUses(isSmall ? 0 : uses - 1);
        Add(entry, EvictionQueue.Main);
    }

    private void MoveShare(double entries) => _smallShare = Math.Clamp(_smallShare + (entries / _count), LeastShare, LargestShare);

    private void Add(T entry, EvictionQueue queue)
    {
        entry.Links.Queue = queue;
        ListOf(queue).Add(entry);
    }

    private void Take(T entry)
    {
        ref var links = ref entry.Links;
        ListOf(links.Queue).Remove(entry);
        links.Queue = EvictionQueue.None;
    }

    private ref EvictionList<T> ListOf(EvictionQueue queue) => ref queue == EvictionQueue.Small ? ref _small : ref _main;

    /// <summary>For readers on other threads.</summary>
    private void Tally()
    {
        Volatile.Write(ref _count, _small.Count + _main.Count);
        Volatile.Write(ref _bytes, _small.Bytes + _main.Bytes);
    }
}
