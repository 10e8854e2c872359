using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>
/// The place of one key's value in a process, which holds the record of the key's own tag: a record a key in the ledger's table would cost more than most
/// values' tags together, and very few keys are ever set or removed. So there is none until the key is updated while a value is here.
/// </summary>
/// <remarks><see cref="Record"/> may be read by any thread at any time; the rest is the ledger's, under its lock.</remarks>
internal abstract class KeySlot
{
    private TagRecord? _record;

    /// <summary>The record of the key; null while nothing is known of it that counts against a value that is kept here.</summary>
    /// <remarks>It stays when the last value goes, for readers who still have that in their hands.</remarks>
    public TagRecord? Record => Volatile.Read(ref _record);

    /// <summary>How many values are kept here: two for a moment, when one takes the other's place.</summary>
    public int ValuesNeedsLock { get; set; }

    public void SetRecordNeedsLock(TagRecord? record) => Volatile.Write(ref _record, record);

    /// <summary>Whether the key was not expired after that stamp.</summary>
    public bool Admits(Stamp keyStamp) => Record is not { } record || record.Admits(keyStamp);
}

/// <summary>Where a process keeps values by key: the ledger asks it for the slot of a key that is updated, and has it walk over its values for an update of all of several tags.</summary>
/// <remarks>Thread-safe.</remarks>
internal interface IKeySlots
{
    /// <summary>The key's slot, or null. Every slot that keeps a value, or is about to, is found.</summary>
    /// <remarks>It calls nothing: the ledger asks under its lock.</remarks>
    KeySlot? Find(TagId key);

    /// <summary>Ends every value that bears all of these and is older than that, in pieces. One that is just being kept is ended too, unless its keeper asks the ledger after this call has begun (invariant J1).</summary>
    /// <param name="records">The records of the tags, none of them that of <c>*</c>.</param>
    /// <param name="at">The clock of the update.</param>
    ValueTask EndAll(TagRecord[] records, Stamp at);
}
