using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;

namespace OrleansTagCache.Coherence;

/// <summary>
/// The holds that are held at one member, each until its deadline there: a hold ends by itself everywhere, whatever becomes of its holder and its coordinator (invariant H3).
///
/// <para><b>Time.</b> The deadline is counted from the arrival here, and lengthened: so it is never before the end that the holder counts, which began before it asked and is shortened. What a
/// joiner is told in an answer to its Hello is what is left, counted from the arrival of that answer.</para>
///
/// <para><b>Held.</b> Only a member that acknowledged the hold itself can tell that it was held throughout (invariant H4): one that has it from a Hello may hold it still when the time of
/// another is over.</para>
/// </summary>
/// <remarks>Not thread-safe: the invalidator guards it. The tags are held in the ledger, which knows no time.</remarks>
internal sealed class HoldTable
{
    private readonly Dictionary<UpdateId, Held> _holds = [];

    /// <summary>How many are held.</summary>
    public int Count => _holds.Count;

    /// <summary>The oldest arrival among them; null if none is held.</summary>
    public Moment? Oldest => _holds.Count == 0 ? null : _holds.Values.Select(hold => hold.Since).Aggregate(Moment.Earlier);

    /// <summary>A hold has arrived here itself. Of one that is held already the first deadline counts.</summary>
    public void Arrived(UpdateId id, TagId[] tags, TimeSpan atMost, Moment arrival)
    {
        var known = _holds.GetValueOrDefault(id);
        _holds[id] = known is null
            ? new(tags, arrival, arrival + LeaseTerms.WaitOut(atMost), IsWitnessed: true)
            : known with { IsWitnessed = true };
    }

    /// <summary>Another silo has told this one, in an answer to its Hello, that it holds this. What is known here already stays.</summary>
    public void Adopt(HoldLeft hold, Moment arrival) =>
        _holds.TryAdd(hold.Id, new(hold.Tags, arrival, arrival + LeaseTerms.WaitOut(hold.Left), IsWitnessed: false));

    /// <summary>All of them, each with the time that is left to it here: what a joiner is told.</summary>
    public HoldLeft[] Left(Moment now) =>
        [.. _holds.Select(hold => new HoldLeft(hold.Key, hold.Value.Tags, hold.Value.Deadline - now is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero))];

    /// <summary>Those whose time is over: release each in the ledger next.</summary>
    public List<(UpdateId Id, TagId[] Tags)> TakeOverdue(Moment now)
    {
        List<(UpdateId Id, TagId[] Tags)> over = [.. _holds.Where(hold => hold.Value.Deadline <= now).Select(hold => (hold.Key, hold.Value.Tags))];
        over.ForEach(hold => _holds.Remove(hold.Id));
        return over;
    }

    /// <summary>Its holder ends it, or gives it up: release it in the ledger next.</summary>
    /// <param name="id">The hold.</param>
    /// <param name="isLeaseValid">Whether this silo has the right to serve, read for this very use.</param>
    /// <returns>Whether it was held throughout, as far as this silo can tell.</returns>
    public bool End(UpdateId id, bool isLeaseValid) =>
        _holds.Remove(id, out var hold) && isLeaseValid && (hold.IsWitnessed || !ProtocolRules.HeldIsSaidByWitnesses);

    private sealed record Held(TagId[] Tags, Moment Since, Moment Deadline, bool IsWitnessed);
}

/// <summary>A hold as one silo tells another of it.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Left">The time that is left to it at the teller: moments do not travel.</param>
[GenerateSerializer, Immutable, Alias("otc.HoldLeft")]
internal sealed record HoldLeft([property: Id(0)] UpdateId Id, [property: Id(1)] TagId[] Tags, [property: Id(2)] TimeSpan Left);

/// <summary>The end of a hold as it travels to the members.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Tags">Its tags: a member that does not hold it expires them.</param>
[GenerateSerializer, Immutable, Alias("otc.HoldRelease")]
internal sealed record HoldRelease([property: Id(0)] UpdateId Id, [property: Id(1)] TagId[] Tags);
