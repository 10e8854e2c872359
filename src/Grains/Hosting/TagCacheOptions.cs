using OrleansTagCache.Names;

namespace OrleansTagCache.Hosting;

/// <summary>What a silo does for reads while it cannot prove that it is alive (see docs/internals/invariants.md).</summary>
public enum LeaseLossBehavior
{
    /// <summary>Readers run their factories and nothing is stored: the promise holds.</summary>
    Bypass = 0,

    /// <summary>Stored values are served, marked as such: available, but the promise is suspended, since an update may have passed this silo by.</summary>
    ServeStale = 1,
}

/// <summary>The options of a silo: section <c>TagCache</c> of the configuration, or <c>AddTagCache(o => ...)</c>.</summary>
public sealed class TagCacheOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "TagCache";

    /// <summary>
    /// The name of the grain storage that pending refreshes are kept in. A silo that registers none of this name keeps them in memory, where they
    /// are lost with the silos that hold them.
    /// </summary>
    public const string JobStorage = "TagCache";

    /// <summary>How long a silo may serve after it last found itself alive in the membership table. 1 s to 5 min; default 5 s. Must be the same on all silos.</summary>
    /// <remarks>Shorter means that a dead silo delays updates less; longer that a hiccup of the table is ridden out.</remarks>
    public TimeSpan ServingLease { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What is done for reads without a valid serving lease. Default <see cref="LeaseLossBehavior.Bypass"/>.</summary>
    public LeaseLossBehavior LeaseLossBehavior { get; set; } = LeaseLossBehavior.Bypass;

    /// <summary>How long a client may serve what it keeps after a silo last granted it. 200 ms to 5 min; default 2 s; not longer than the serving lease.</summary>
    public TimeSpan SessionLease { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long an update is tried before its caller is told that it is incomplete. 100 ms to 10 min; default 30 s.</summary>
    public TimeSpan UpdateTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a token holds. A factory that runs longer serves its caller, but nothing is stored. 1 s to 1 h; default 30 s.</summary>
    public TimeSpan GenerationLease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long after a failed generation a value that is kept for need (<see cref="CacheEntryOptions.FailSafe"/>) is served at once, before a
    /// reader's factory is tried again. 0 to 10 min; default 5 s.
    /// </summary>
    public TimeSpan FailSafeThrottle { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many loaders this silo has running at a time to refresh what was revalidated, wherever they run. 1 to 1,000; default 16.</summary>
    public int MaximumLoads { get; set; } = 16;

    /// <summary>
    /// How often the reminder of a pending refresh looks after it: what a crash interrupted goes on within two of them. 1 s to 1 day; default
    /// 1 min, which is Orleans' own minimum: a shorter period lowers <c>ReminderOptions.MinimumReminderPeriod</c> of the silo.
    /// </summary>
    public TimeSpan RefreshReminderPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The bound on the bytes of this silo's entries, an estimate of their overhead included. At least 1 MiB; default half of the memory limit.</summary>
    public long MaximumBytes { get; set; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>The bound on the number of this silo's entries. At least 1; default none.</summary>
    public long? MaximumEntries { get; set; }

    /// <summary>The largest value, serialized. 1 to 64 MiB in bytes; default 4 MiB.</summary>
    public int MaximumPayloadBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How many tags without entries a silo remembers the expiry of. At least 1,000; default 100,000.</summary>
    /// <remarks>Beyond it the oldest are forgotten in the safe direction: generations that began before are not stored.</remarks>
    public int MaximumRememberedTags { get; set; } = 100_000;

    /// <summary>How many tags, keys among them, a client's session with this silo may keep values of. At least 100; default 250,000.</summary>
    /// <remarks>Beyond it the client is told to let go of the oldest.</remarks>
    public int MaximumInterest { get; set; } = 250_000;

    /// <summary>How many clients keep values of this silo near at a time. At least 1; default 10,000.</summary>
    /// <remarks>Beyond it a client is answered as always, and keeps nothing of this silo until another has left.</remarks>
    public int MaximumSessions { get; set; } = 10_000;

    /// <summary>Whether this silo's process keeps near what it has read, for HTTP readers and an application that it hosts. Default <see cref="NearCacheMode.On"/>.</summary>
    public NearCacheMode NearCache { get; set; } = NearCacheMode.On;

    /// <summary>How many entries are kept near. 3 to 10,000,000; default 100,000.</summary>
    public int NearCacheMaximumEntries { get; set; } = 100_000;

    /// <summary>How many bytes are kept near, beside <see cref="MaximumBytes"/>. At least 1 MiB; default 256 MiB.</summary>
    public long NearCacheMaximumBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>The namespace of this process's own <see cref="ITagCache"/>. Default <c>default</c>.</summary>
    public string Namespace { get; set; } = CacheNamespace.Default.Value;

    /// <summary>Life profiles by name, beside the seven that are built in.</summary>
    public IDictionary<string, CacheLife> Profiles { get; } = new Dictionary<string, CacheLife>(StringComparer.OrdinalIgnoreCase);
}
