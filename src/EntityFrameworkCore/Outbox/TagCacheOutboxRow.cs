namespace OrleansTagCache;

/// <summary>A row of the outbox: the tags of one transaction, written in it. It is deleted when they have been released or updated.</summary>
public sealed class TagCacheOutboxRow
{
    /// <summary>The row, of version 7: nearly in the order of the transactions.</summary>
    public Guid Id { get; set; }

    /// <summary>The tags, one a line.</summary>
    public required string Tags { get; set; }

    /// <summary>The attempt that updates them now; null if there is none.</summary>
    public Guid? Claim { get; set; }
}
