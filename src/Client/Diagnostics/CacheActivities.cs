namespace OrleansTagCache.Diagnostics;

/// <summary>The names of the cache's activities. What one process sends and another one takes bears one name: the sender's is of the kind client, the receiver's of the kind server.</summary>
internal static class CacheActivities
{
    /// <summary>A read that found nothing near.</summary>
    public const string Read = "tagcache.read";

    /// <summary>A run of a factory.</summary>
    public const string Generate = "tagcache.generate";

    /// <summary>A generated value is offered to the cluster.</summary>
    public const string Commit = "tagcache.commit";

    /// <summary>A plain set.</summary>
    public const string Set = "tagcache.set";

    /// <summary>A removal.</summary>
    public const string Remove = "tagcache.remove";

    /// <summary>An update or a revalidation: the call, and, on the silo that coordinates it, the time until every process has acknowledged.</summary>
    public const string Update = "tagcache.update";

    /// <summary>Tags are held: the call, and, on the silo that coordinates it, the time until every process has acknowledged.</summary>
    public const string Hold = "tagcache.hold";

    /// <summary>A hold is released: the call.</summary>
    public const string Release = "tagcache.release";

    /// <summary>A batch of updates on its way to one member, and its application there.</summary>
    public const string Deliver = "tagcache.deliver";

    /// <summary>Updates on their way to one client, and their application there.</summary>
    public const string Push = "tagcache.push";

    /// <summary>A stale entry is refreshed with no reader waiting.</summary>
    public const string Refresh = "tagcache.refresh";
}
