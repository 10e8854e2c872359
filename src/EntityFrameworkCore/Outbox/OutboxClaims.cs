namespace OrleansTagCache.Outbox;

/// <summary>
/// Which rows are due, by what this process has seen of them and by its own clock alone: no clock of another machine, nor of the database, is believed. A row that nobody works on is due when it is urgent, or has been seen for
/// the grace; one that is claimed, when the same claim has been seen for so long that its owner must have died.
/// </summary>
/// <remarks>Of one loop. What it guesses wrongly costs a second update of the same tags, and nothing else.</remarks>
internal sealed class OutboxClaims(TagCacheOutboxOptions options, TimeProvider time)
{
    private Dictionary<Guid, (Guid? Claim, long Since)> _seen = [];

    /// <param name="rows">The rows that there are.</param>
    /// <param name="urgent">Those of this process that need not wait.</param>
    public List<TagCacheOutboxRow> DueOf(IReadOnlyCollection<TagCacheOutboxRow> rows, IReadOnlySet<Guid> urgent)
    {
        var now = time.GetTimestamp();
        _seen = rows.ToDictionary(row => row.Id, row => _seen.TryGetValue(row.Id, out var before) && before.Claim == row.Claim ? before : (row.Claim, now));
        return [.. rows.Where(row => (row.Claim is null && urgent.Contains(row.Id)) || time.GetElapsedTime(_seen[row.Id].Since, now) >= (row.Claim is null ? options.Grace : options.ClaimTime))];
    }
}
