using OrleansTagCache.Names;

namespace OrleansTagCache.Hosting;

/// <summary>The options of a process's <see cref="ITagCache"/>.</summary>
public sealed class TagCacheClientOptions
{
    /// <summary>The namespace of its keys and tags, 1 to 64 UTF-16 units. Default <c>default</c>.</summary>
    public string Namespace { get; set; } = CacheNamespace.Default.Value;

    /// <summary>The life of an entry that is given none. Default <see cref="CacheLife.Default"/>.</summary>
    public CacheLife DefaultLife { get; set; } = CacheLife.Default;

    /// <summary>Life profiles by name, beside the seven that are built in.</summary>
    public IDictionary<string, CacheLife> Profiles { get; } = new Dictionary<string, CacheLife>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The longest key in UTF-16 units. 1 to 1,024; default 1,024.</summary>
    public int MaximumKeyLength { get; set; } = NameLimits.KeyLength;

    /// <summary>The largest value in bytes, serialized; checked before anything is sent. 1 to 64 MiB; default 4 MiB. Not more than the silos'.</summary>
    public int MaximumPayloadBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Whether this process keeps what it has read. Default <see cref="NearCacheMode.On"/>.</summary>
    public NearCacheMode NearCache { get; set; } = NearCacheMode.On;

    /// <summary>How many entries are kept near. 3 to 10,000,000; default 100,000. What was not used lately goes first.</summary>
    public int NearCacheMaximumEntries { get; set; } = 100_000;

    /// <summary>How many bytes are kept near: serialized values, and an estimate of what an entry costs besides. At least 1 MiB; default 256 MiB.</summary>
    public long NearCacheMaximumBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>
    /// Whether the application's start waits until a silo has answered, and fails if Orleans gives up: after three minutes, at once where the list of gateways cannot be read, or when a connection retry filter of the application says so. Default false:
    /// the start waits for the first attempt to connect, for <see cref="ReadTimeout"/> at most, and goes on without the cache if that fails.
    /// </summary>
    /// <remarks>
    /// For applications that call grains of their own, or are nothing without the cluster: before there is a connection, Orleans throws at such calls or leaves them without an answer. Of the
    /// cache's own, calls without a factory throw <see cref="TagCacheUnavailableException"/> at once until then, and after the host has begun to stop. A silo ignores it.
    /// </remarks>
    public bool RequireClusterAtStart { get; set; }

    /// <summary>
    /// How long a read tries to reach the cluster before it runs its factory, and how long the start of an application waits for its first attempt to connect. 100 ms to 1 min; default 5 s.
    /// </summary>
    /// <remarks>Waiting for a value that another process is generating does not count. A process that has not connected yet runs its factories at once.</remarks>
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a read waits for a value that another process is generating; then its own factory runs, and nothing is stored. 100 ms to 1 h;
    /// default 10 s.
    /// </summary>
    /// <remarks>Shorter than slow factories run means that several processes run them at a time; longer that a process which died while it generated delays others.</remarks>
    public TimeSpan WaitTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long updates, revalidations, sets and removals are tried. 100 ms to 10 min; default 30 s.</summary>
    public TimeSpan UpdateTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a read waits for a loader that another process runs. 100 ms to 10 min; default 30 s.</summary>
    public TimeSpan LoadTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many stale entries this process refreshes in the background at a time, and how many loaders it runs for the cluster. 1 to 1,000; default 16.
    /// </summary>
    public int MaximumBackgroundRefreshes { get; set; } = 16;

    /// <summary>How long a factory goes on for those who joined it when the caller that it belongs to has gone away. 0 to 1 h; default 2 s.</summary>
    /// <remarks>Then it is cancelled, and one of those who joined generates.</remarks>
    public TimeSpan OrphanedFactoryGrace { get; set; } = TimeSpan.FromSeconds(2);
}
