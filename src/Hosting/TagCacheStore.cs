namespace Aspire.Hosting;

/// <summary>What silos keep their membership, their reminders and pending refreshes in.</summary>
public enum TagCacheStore
{
    /// <summary>Redis.</summary>
    Redis = 1,

    /// <summary>A database of PostgreSQL.</summary>
    PostgreSql = 2,
}
