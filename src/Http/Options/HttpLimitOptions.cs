namespace OrleansTagCache.Http;

/// <summary>The part <c>Limits</c> of the section <c>TagCache</c>: what callers of the HTTP API may take of this silo.</summary>
public sealed class HttpLimitOptions
{
    /// <summary>The largest body of a webhook, in bytes.</summary>
    internal const int HookBodyBytes = 256 * 1024;

    /// <summary>How many connections are open at a time; more are closed as they come. In the silo program; an application sets those of its own server.</summary>
    /// <value>10 to 1,000,000; default 20,000.</value>
    [SettingRange(10, 1_000_000)]
    public int Connections { get; set; } = 20_000;

    /// <summary>How many reads wait at a time for a value that another caller makes; more get 503.</summary>
    /// <value>1 to 1,000,000; default 16,384.</value>
    [SettingRange(1, 1_000_000)]
    public int WaitingReads { get; set; } = 16_384;

    /// <summary>How many streams of server-sent events (<c>/v1/traffic</c>, <c>/v1/events</c>) are open at a time; more get 503.</summary>
    /// <value>1 to 100,000; default 256.</value>
    [SettingRange(1, 100_000)]
    public int EventStreams { get; set; } = 256;

    /// <summary>How many clients are connected over <c>/v1/session</c> at a time, whether or not they keep entries near; more get 503, and those of Node.js then read over HTTP. In the silo program also how many connections are upgraded at all.</summary>
    /// <value>1 to 100,000; default 256.</value>
    [SettingRange(1, 100_000)]
    public int Sessions { get; set; } = 256;

    /// <summary>How many of these one key may have; more get 503. Callers without a key count as one key.</summary>
    /// <value>1 to 100,000; default 128.</value>
    [SettingRange(1, 100_000)]
    public int SessionsPerKey { get; set; } = 128;

    /// <summary>How many calls a second one key, or one webhook, may make; more get 429. A second's worth may come at once.</summary>
    /// <value>1 to 10,000,000; default 20,000.</value>
    [SettingRange(1, 10_000_000)]
    public int RequestsPerSecond { get; set; } = 20_000;

    /// <summary>How many bytes of request bodies are held, of all calls that are not answered yet; more get 503. Not less than <see cref="TagCacheClientOptions.MaximumPayloadBytes"/>.</summary>
    /// <value>1 byte to 65536 MiB; default 256 MiB, or a sixteenth of the memory limit if that is less.</value>
    /// <remarks>The memory limit is what the runtime may use: in a container 75 % of the container's limit, or what <c>DOTNET_GCHeapHardLimit</c> says; else the memory of the machine. While its body is read, a call may take twice its bytes.</remarks>
    [SettingRange(1, 64L * 1024 * 1024 * 1024)]
    public long BodyBytes { get; set; } = MemoryShare.OfBodies(MemoryShare.Limit);

    /// <summary>How many refused keys and signatures of one address are answered at once; beyond, one every 3 s, and 429.</summary>
    /// <value>1 to 1,000,000; default 20.</value>
    [SettingRange(1, 1_000_000)]
    public int Refusals { get; set; } = 20;

    /// <summary>
    /// How long the head of a request may take, and after it how long a body may come more slowly than 240 bytes a second. In the silo program; an application sets those of its own server.
    /// </summary>
    /// <value>2 s to 5 min; default 10 s.</value>
    [SettingRange("00:00:02", "00:05:00")]
    public TimeSpan HeadTimeout { get; set; } = TimeSpan.FromSeconds(10);
}
