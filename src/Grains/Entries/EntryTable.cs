using System.Collections.Concurrent;
using OrleansTagCache.Coherence;
using OrleansTagCache.Diagnostics;

namespace OrleansTagCache.Entries;

/// <summary>
/// The entries of this silo: what they hold, what that weighs, and which of them goes when there is no room. Eviction looks at a small
/// sample and takes the one that was used least and longest ago.
/// </summary>
/// <remarks>Thread-safe. Lock order: an entry's gate, then the index or the ledger or this table's own lock; never two entries' gates.</remarks>
internal sealed class EntryTable(TagLedger ledger, DependentsIndex index, long maximumBytes, long? maximumEntries)
{
    private const int SampleSize = 8;

    private readonly Lock _listGate = new();
    private readonly List<LocalEntry> _valued = [];
    private readonly ConcurrentDictionary<string, LocalEntry> _byKey = new(StringComparer.Ordinal);
    private readonly Random _random = new(0);
    private long _bytes;
    private long _loaded;
    private long _evictions;

    /// <summary>An entry has no value any more, or never had one; its activation may be sent away when it stays so.</summary>
    public event Action<LocalEntry>? Emptied;

    public long MaximumBytes => maximumBytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Whether any value here was made by a loader.</summary>
    public bool HasLoaded => Interlocked.Read(ref _loaded) > 0;

    public long Evictions => Interlocked.Read(ref _evictions);

    public int Count
    {
        get
        {
            lock (_listGate)
            {
                return _valued.Count;
            }
        }
    }

    /// <summary>The entry of that key which has a value; of two activations of one key, the one that began to have one last.</summary>
    public LocalEntry? Find(string scopedKey) => _byKey.GetValueOrDefault(scopedKey);

    public void Register(LocalEntry entry) => Emptied?.Invoke(entry);

    /// <summary>Stores a value, whose records are held already, and makes room for it.</summary>
    public void Store(LocalEntry entry, StoredValue value)
    {
        lock (entry.Gate)
        {
            if (entry.IsClosed)
            {
                ledger.Release(value.Records);
                return;
            }

            var old = entry.Value;
            entry.SetValueNeedsGate(value);
            index.Add(entry, value.TagRecords);
            Interlocked.Add(ref _bytes, value.Bytes);
            Interlocked.Add(ref _loaded, value.IsLoaded ? 1 : 0);
            if (old is null)
            {
                Link(entry);
            }
            else
            {
                Forget(entry, old, value);
            }
        }

        while (IsOverBound() && TryEvict(entry))
        {
        }

        CacheEvents.Write(CacheEvent.EntryStored, this);
    }

    /// <summary>Drops that value if it is still the entry's.</summary>
    public bool Drop(LocalEntry entry, StoredValue value)
    {
        lock (entry.Gate)
        {
            if (entry.Value != value)
            {
                return false;
            }

            entry.SetValueNeedsGate(null);
            Forget(entry, value, null);
            Unlink(entry);
        }

        Emptied?.Invoke(entry);
        return true;
    }

    /// <summary>The activation ends: its value goes, and nothing is stored any more.</summary>
    public void Close(LocalEntry entry)
    {
        lock (entry.Gate)
        {
            entry.IsClosed = true;
            if (entry.Value is not { } value)
            {
                return;
            }

            entry.SetValueNeedsGate(null);
            Forget(entry, value, null);
            Unlink(entry);
        }
    }

    /// <summary>
    /// A slice of the list, for walks from its end to its start: removals during the walk swap in what the walk has seen already, and
    /// what is added during a walk waits for the next one.
    /// </summary>
    /// <returns>Where the next slice ends; 0 when the walk is over.</returns>
    public int SliceBefore(int end, Span<LocalEntry?> slice, out int count)
    {
        lock (_listGate)
        {
            end = Math.Min(end, _valued.Count);
            count = Math.Min(end, slice.Length);
            for (var i = 0; i < count; i++)
            {
                slice[i] = _valued[end - 1 - i];
            }

            return end - count;
        }
    }

    /// <summary>Every entry with a value, as of now.</summary>
    public LocalEntry[] Snapshot()
    {
        lock (_listGate)
        {
            return [.. _valued];
        }
    }

    private bool IsOverBound() => Bytes > maximumBytes || (maximumEntries is { } most && Count > most);

    private bool TryEvict(LocalEntry except)
    {
        if (PickVictim(except) is not { } victim)
        {
            return false;
        }

        if (victim.Value is { } value && Drop(victim, value))
        {
            Interlocked.Increment(ref _evictions);
            victim.Context.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "Evicted: the silo is full."));
        }

        return true;
    }

    private LocalEntry? PickVictim(LocalEntry except)
    {
        lock (_listGate)
        {
            LocalEntry? victim = null;
            for (var i = 0; i < SampleSize && _valued.Count > 0; i++)
            {
                var candidate = _valued[_random.Next(_valued.Count)];
                if (candidate == except || candidate == victim)
                {
                    continue;
                }

                if (victim is null || candidate.Worth < victim.Worth)
                {
                    victim?.Spared();
                    victim = candidate;
                }
                else
                {
                    candidate.Spared();
                }
            }

            // A sample of nothing but the new entry says little while there are others.
            return victim ?? (_valued.Count > 1 ? _valued.Find(entry => entry != except) : null);
        }
    }

    private void Forget(LocalEntry entry, StoredValue old, StoredValue? replacement)
    {
        Interlocked.Add(ref _bytes, -old.Bytes);
        Interlocked.Add(ref _loaded, old.IsLoaded ? -1 : 0);
        foreach (var record in old.TagRecords)
        {
            if (replacement is null || !replacement.TagRecords.Contains(record))
            {
                index.Remove(entry, new ReadOnlySpan<TagRecord>(in record));
            }
        }

        ledger.Release(old.Records);
    }

    private void Link(LocalEntry entry)
    {
        lock (_listGate)
        {
            entry.Index = _valued.Count;
            _valued.Add(entry);
        }

        // The entry's gate is held: what one entry does here comes in its order.
        _byKey[entry.ScopedKey] = entry;
    }

    private void Unlink(LocalEntry entry)
    {
        lock (_listGate)
        {
            var last = _valued[^1];
            _valued[entry.Index] = last;
            last.Index = entry.Index;
            _valued.RemoveAt(_valued.Count - 1);
            entry.Index = -1;
        }

        _byKey.TryRemove(new(entry.ScopedKey, entry));
    }
}
