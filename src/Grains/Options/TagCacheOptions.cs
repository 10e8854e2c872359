namespace OrleansTagCache;

/// <summary>What a silo does for reads while it cannot prove that it is alive (see the invariants in the documentation).</summary>
public enum LeaseLossBehavior
{
    /// <summary>Readers run their factories and nothing is stored: the promise holds.</summary>
    Bypass = 0,

    /// <summary>Stored values are served, marked as such: available, but the promise is suspended, since an update may have passed this silo by.</summary>
    ServeStale = 1,
}

/// <summary>The options of a silo, and of the <see cref="ITagCache"/> in its process: the section <c>TagCache</c> of the configuration, then code, <c>AddTagCache(o => ...)</c>, in the order of its calls.</summary>
public sealed class TagCacheOptions : TagCacheClientOptions
{
    private const long MiB = 1024 * 1024;

    /// <summary>
    /// The name of the grain storage that pending refreshes are kept in. A silo that registers none of this name keeps them in memory, where they
    /// are lost with the silos that hold them.
    /// </summary>
    public const string JobStorage = "TagCache";

    /// <summary>How long a silo may serve after it last found itself alive in the membership table. Must be the same on all silos.</summary>
    /// <value>1 s to 5 min; default 5 s.</value>
    /// <remarks>If it is shorter, a dead silo delays updates less; if it is longer, the silo serves through a longer outage of the table.</remarks>
    [SettingRange("00:00:01", "00:05:00")]
    public TimeSpan ServingLease { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What is done for reads without a valid serving lease. <c>Bypass</c>: factories run, nothing is stored. <c>ServeStale</c>: stored values are served, and the promise is suspended.</summary>
    /// <value>Default <c>Bypass</c>.</value>
    [KnownValue]
    public LeaseLossBehavior LeaseLossBehavior { get; set; } = LeaseLossBehavior.Bypass;

    /// <summary>How long a client may serve what it keeps near after a silo last granted it; a silent client delays one update by as long. Not longer than <see cref="ServingLease"/>.</summary>
    /// <value>200 ms to 5 min; default 2 s.</value>
    [SettingRange("00:00:00.2", "00:05:00")]
    public TimeSpan SessionLease { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a token holds. A factory that runs longer serves its caller, but nothing is stored.</summary>
    /// <value>1 s to 1 h; default 30 s.</value>
    [SettingRange("00:00:01", "01:00:00")]
    public TimeSpan GenerationLease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long after a failed generation a value that is kept for fail-safe (<see cref="CacheEntryOptions.FailSafe"/>) is served at once, before a reader's factory is tried again.</summary>
    /// <value>0 to 10 min; default 5 s.</value>
    [SettingRange("00:00:00", "00:10:00")]
    public TimeSpan FailSafeThrottle { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many loaders this silo has running at a time to refresh what was revalidated, in whatever process they run.</summary>
    /// <value>1 to 1,000; default 16.</value>
    [SettingRange(1, 1_000)]
    public int MaximumLoads { get; set; } = 16;

    /// <summary>How often the reminder of a pending refresh checks it: what a crash interrupted goes on within two periods.</summary>
    /// <value>1 s to 1 day; default 1 min.</value>
    /// <remarks>A minute is Orleans' own minimum; a shorter period lowers <c>ReminderOptions.MinimumReminderPeriod</c> of the silo.</remarks>
    [SettingRange("00:00:01", "1.00:00:00")]
    public TimeSpan RefreshReminderPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a silo that stops hands its entries over to the others before it goes, beside a few seconds for updates and sessions. What it has not sent by then is generated again.</summary>
    /// <value>0 to 10 min; default 20 s.</value>
    /// <remarks>With 0 it hands nothing over. Half of it is used if that is enough. The host's <c>HostOptions.ShutdownTimeout</c>, if it is still the default of 30 s, becomes this plus 10 s where that is longer; it is shared with the host's other services, such as requests that are still being answered. What ends the process must wait longer still (of a pod, <c>terminationGracePeriodSeconds</c>).</remarks>
    [SettingRange("00:00:00", "00:10:00")]
    public TimeSpan HandoverTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How many bytes a second this silo sends to others when entries move to them, so that its readers do not suffer.</summary>
    /// <value>From 1 MiB; default 128 MiB.</value>
    [SettingRange(MiB, long.MaxValue)]
    public long MaximumMoveBytesPerSecond { get; set; } = 128 * MiB;

    /// <summary>How many other silos hold a copy of each entry, unless it says so itself (<see cref="CacheEntryOptions.Standby"/>): with one, entries outlive the death of their silo, and cost twice their memory.</summary>
    /// <value>0 to 1; default 0.</value>
    /// <remarks>Set it alike on all silos. Copies go before entries where there is no room.</remarks>
    [SettingRange(0, 1)]
    public int Standbys { get; set; }

    /// <summary>The bound on the bytes of this silo's entries, an estimate of their overhead included. A larger value is not stored.</summary>
    /// <value>From 1 MiB; default half of what the memory limit leaves beyond 64 MiB.</value>
    /// <remarks>The memory limit is what the runtime may use: in a container 75 % of the container's limit, or what <c>DOTNET_GCHeapHardLimit</c> says; else the memory of the machine.</remarks>
    [SettingRange(MiB, long.MaxValue)]
    public long MaximumBytes { get; set; } = MemoryShare.OfEntries(MemoryShare.Limit);

    /// <summary>The bound on the number of this silo's entries.</summary>
    /// <value>From 1; default none.</value>
    [SettingRange(1, long.MaxValue)]
    public long? MaximumEntries { get; set; }

    /// <summary>How many tags without entries a silo remembers the expiry of.</summary>
    /// <value>From 1,000; default 100,000.</value>
    /// <remarks>Beyond it the oldest are forgotten in the safe direction: generations that began before are not stored.</remarks>
    [SettingRange(1_000, int.MaxValue)]
    public int MaximumRememberedTags { get; set; } = 100_000;

    /// <summary>How many holds of tags (<c>HoldAsync</c>) there may be at a time, of the whole cluster. A further one is refused, before its caller has changed anything.</summary>
    /// <value>1 to 1,000,000; default 10,000.</value>
    [SettingRange(1, 1_000_000)]
    public int MaximumHolds { get; set; } = 10_000;

    /// <summary>How many tags, including keys, one client's session with this silo may keep values of. Beyond it the client is told to let go of the oldest.</summary>
    /// <value>From 100; default 250,000.</value>
    [SettingRange(100, int.MaxValue)]
    public int MaximumInterest { get; set; } = 250_000;

    /// <summary>How many clients keep values of this silo near at a time. Others are answered as always, and keep nothing of this silo until one has left.</summary>
    /// <value>From 1; default 10,000.</value>
    [SettingRange(1, int.MaxValue)]
    public int MaximumSessions { get; set; } = 10_000;

    /// <summary>Tags that are measured by themselves, in every namespace: names, or patterns such as <c>user:*</c>, whose <c>*</c> at the end stands for any text. All others stay out of the metrics.</summary>
    /// <value>Default none.</value>
    /// <remarks>At most 100 of up to 256 UTF-16 units. Whoever reads the metrics reads these tags.</remarks>
    public string[] MetricTags { get; set; } = [];

    /// <summary>How many tags of <see cref="MetricTags"/> have metrics of their own on this silo, the first that it meets. The others share one series.</summary>
    /// <value>1 to 1,000; default 100.</value>
    /// <remarks>The same tag of another namespace is another one. Places are kept for those given by name: there must be at least as many.</remarks>
    [SettingRange(1, 1_000)]
    public int MaximumMetricTags { get; set; } = 100;

    /// <summary>Tags that the cluster revalidates or updates by the clock, by the names of the schedules, of 1 to 64 of a-z, 0-9 and '-'. Each due time has one run in the whole cluster.</summary>
    /// <value>Default none.</value>
    /// <remarks>Set them alike on all silos. At most 1,000.</remarks>
    public Dictionary<string, TagScheduleOptions> Schedules { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Warm-ups whose arguments are known beforehand, by their names: what they say is loaded once when the cluster starts cold, by a loader that any process offers.</summary>
    /// <value>Default none.</value>
    /// <remarks>In addition to those of code (<c>AddWarmUp</c>). Set them alike on all silos.</remarks>
    public Dictionary<string, WarmUpSettings> WarmUps { get; set; } = new(StringComparer.Ordinal);
}
