using OrleansTagCache.Names;

namespace OrleansTagCache;

/// <summary>
/// The options of a process's <see cref="ITagCache"/>: the section <c>TagCache</c> of the configuration, then code, <c>AddTagCacheClient(o => ...)</c>, in the order of its calls. A silo has
/// them too, among its own: there, code that is registered for these options comes after the section and before <c>AddTagCache(o => ...)</c>.
/// </summary>
public class TagCacheClientOptions
{
    /// <summary>The configuration section, the same for clients and silos.</summary>
    public const string Section = "TagCache";

    private const long MiB = 1024 * 1024;

    /// <summary>The namespace of the keys and tags of this process.</summary>
    /// <value>1 to 64 UTF-16 units; default <c>default</c>.</value>
    public string Namespace { get; set; } = CacheNamespace.Default.Value;

    /// <summary>The life of an entry that is given none. In the configuration it is the name of a profile.</summary>
    /// <value>Default <see cref="CacheLife.Default"/>.</value>
    public CacheLife DefaultLife { get; set; } = CacheLife.Default;

    /// <summary>Life profiles by name, in addition to the seven built-in ones.</summary>
    /// <value>Default none.</value>
    public IDictionary<string, CacheLife> Profiles { get; } = new Dictionary<string, CacheLife>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The longest key in UTF-16 units.</summary>
    /// <value>1 to 1,024; default 1,024.</value>
    [SettingRange(1, NameLimits.KeyLength)]
    public int MaximumKeyLength { get; set; } = NameLimits.KeyLength;

    /// <summary>The largest value in bytes, serialized; checked before anything is sent. A client's should not be more than the silos'.</summary>
    /// <value>1 byte to 64 MiB; default 4 MiB.</value>
    [SettingRange(1, 64 * MiB)]
    public int MaximumPayloadBytes { get; set; } = (int)(4 * MiB);

    /// <summary>
    /// From how many serialized bytes on values are compressed before they are sent and stored, by Brotli; what would not become a tenth smaller is stored as it is. Every cache reads what was compressed, and what was not. What is kept near is not compressed.
    /// </summary>
    /// <value>1 byte to 64 MiB; default none.</value>
    /// <remarks>Every silo and every reader must be of a version that knows of it: to others such a value is missing. Values that are stored over HTTP are stored as they come.</remarks>
    [SettingRange(1, 64 * MiB)]
    public int? CompressFromBytes { get; set; }

    /// <summary>
    /// Whether values are encrypted before they are sent and stored, with the application's data protection (<c>AddDataProtection</c>), whose keys all its processes must share. Silos cannot read them; keys and tags are not encrypted, nor is what is kept near. Every cache of
    /// an application with these keys reads what was encrypted, and what was not.
    /// </summary>
    /// <value>Default <c>false</c>.</value>
    /// <remarks>As <see cref="CompressFromBytes"/>, for versions and HTTP. The HTTP API answers a read of an encrypted value with 406. A value that cannot be decrypted is missing, and generated anew.</remarks>
    public bool EncryptValues { get; set; }

    /// <summary>Whether this process keeps what it has read, in its own memory. Each call can opt out (<see cref="CacheEntryOptions.NearCache"/>).</summary>
    /// <value>Default <c>On</c>.</value>
    [KnownValue]
    public NearCacheMode NearCache { get; set; } = NearCacheMode.On;

    /// <summary>How many entries are kept near. What was not used recently goes first.</summary>
    /// <value>3 to 10,000,000; default 100,000.</value>
    [SettingRange(3, 10_000_000)]
    public int NearCacheMaximumEntries { get; set; } = 100_000;

    /// <summary>How many bytes are kept near: serialized values, and an estimate of the overhead of each entry. In a silo this is in addition to <c>MaximumBytes</c>.</summary>
    /// <value>From 1 MiB; default 256 MiB, or an eighth of the memory limit if that is less.</value>
    /// <remarks>The memory limit is what the runtime may use: in a container 75 % of the container's limit, or what <c>DOTNET_GCHeapHardLimit</c> says; else the memory of the machine.</remarks>
    [SettingRange(MiB, long.MaxValue)]
    public long NearCacheMaximumBytes { get; set; } = MemoryShare.OfNearCache(MemoryShare.Limit);

    /// <summary>
    /// Whether the start of an application waits until a silo has answered, and fails if Orleans gives up: after three minutes, at once if the list of gateways cannot be read, or when a connection retry filter of the application says so. Otherwise
    /// the start waits for the first attempt to connect, for <see cref="ReadTimeout"/> at most, and goes on without the cache if that fails. A silo ignores it.
    /// </summary>
    /// <value>Default <c>false</c>.</value>
    /// <remarks>
    /// For applications that call grains of their own, or that are of no use without the cluster: before there is a connection, Orleans throws at such calls or leaves them without an answer. Calls of the
    /// cache without a factory throw <see cref="TagCacheUnavailableException"/> at once until then, and after the host has begun to stop.
    /// </remarks>
    public bool RequireClusterAtStart { get; set; }

    /// <summary>How long a read tries to reach the cluster before it runs its factory, and how long the start of an application waits for its first attempt to connect.</summary>
    /// <value>100 ms to 1 min; default 5 s.</value>
    /// <remarks>Waiting for a value that another process is generating does not count. A process that has not connected yet runs its factories at once.</remarks>
    [SettingRange("00:00:00.1", "00:01:00")]
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a read waits for a value that another caller is generating, in this process or another; then its own factory runs, and nothing is stored. A shorter <see cref="CacheEntryOptions.FactoryHardTimeout"/> shortens it.
    /// </summary>
    /// <value>100 ms to 1 h; default 10 s.</value>
    /// <remarks>If it is shorter than the run of a slow factory, several processes run that factory at once; the longer it is, the longer a process that died while it generated delays others.</remarks>
    [SettingRange("00:00:00.1", "01:00:00")]
    public TimeSpan WaitTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long this process tries an update, a revalidation, a set or a removal before its caller is told that it is incomplete.</summary>
    /// <value>100 ms to 10 min; default 30 s.</value>
    [SettingRange("00:00:00.1", "00:10:00")]
    public TimeSpan UpdateTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a read waits for a loader that another process runs.</summary>
    /// <value>100 ms to 10 min; default 30 s.</value>
    [SettingRange("00:00:00.1", "00:10:00")]
    public TimeSpan LoadTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many stale entries this process refreshes in the background at a time, and how many loaders it runs for the cluster. A silo takes its <c>MaximumLoads</c> if that is more.</summary>
    /// <value>1 to 1,000; default 16.</value>
    [SettingRange(1, 1_000)]
    public int MaximumBackgroundRefreshes { get; set; } = 16;

    /// <summary>Whether the activities of updates and commits name their tags, as <c>tagcache.tags</c>. Tags may name users and their data.</summary>
    /// <value>Default <c>false</c>.</value>
    public bool IncludeTagsInTraces { get; set; }

    /// <summary>How many events may wait for each listener of this process (<see cref="ITagCacheListener"/>). One that is slow loses what finds its queue full.</summary>
    /// <value>1 to 1,000,000; default 1,024.</value>
    [SettingRange(1, 1_000_000)]
    public int ListenerQueueLength { get; set; } = 1_024;

    /// <summary>
    /// How long a factory that may run in the background, or one of <c>HybridCache</c>, goes on for those who joined it when its own caller has gone. Then it is cancelled, and one of those who joined generates the value.
    /// </summary>
    /// <value>0 to 1 h; default 2 s.</value>
    [SettingRange("00:00:00", "01:00:00")]
    public TimeSpan OrphanedFactoryGrace { get; set; } = TimeSpan.FromSeconds(2);
}
