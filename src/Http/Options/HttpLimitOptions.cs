
namespace OrleansTagCache.Http;

/// <summary>The part <c>Limits</c> of the section <c>TagCache</c>: what callers of the HTTP API may take of this silo.</summary>
public sealed class HttpLimitOptions
{
    /// <summary>The largest body of a webhook, in bytes.</summary>
    internal const int HookBodyBytes = 256 * 1024;

    private const string Section = $"{TagCacheOptions.Section}:Limits";

    /// <summary>How many connections are open at a time; more are closed as they come. 10 to 1,000,000; default 20,000.</summary>
    public int Connections { get; set; } = 20_000;

    /// <summary>How many reads wait at a time for a value that somebody else makes; more get 503. 1 to 1,000,000; default 16,384.</summary>
    public int WaitingReads { get; set; } = 16_384;

    /// <summary>How many calls a second one key, or one webhook, may make, a second's worth at once; more get 429. 1 to 10,000,000; default 20,000.</summary>
    public int RequestsPerSecond { get; set; } = 20_000;

    /// <summary>How many bytes of request bodies are held, of all calls that are not answered yet; more get 503. From the largest value to 64 GiB; default 256 MiB.</summary>
    public long BodyBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>How many refused keys and signatures of one address are answered at once; beyond, one every 3 s, and 429. 1 to 1,000,000; default 20.</summary>
    public int Refusals { get; set; } = 20;

    /// <summary>How long the head of a request may take, and after it how long a body may come more slowly than 240 bytes a second. 2 s to 5 min; default 10 s.</summary>
    public TimeSpan HeadTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <param name="maximumPayloadBytes">The largest value that the silo takes.</param>
    internal IEnumerable<string> Faults(long maximumPayloadBytes)
    {
        string?[] faults =
        [
            Between(nameof(Connections), Connections, 10, 1_000_000),
            Between(nameof(WaitingReads), WaitingReads, 1, 1_000_000),
            Between(nameof(RequestsPerSecond), RequestsPerSecond, 1, 10_000_000),
            Between(nameof(Refusals), Refusals, 1, 1_000_000),
            Between(nameof(BodyBytes), BodyBytes, maximumPayloadBytes, 64L * 1024 * 1024 * 1024),
            Between(nameof(HeadTimeout), HeadTimeout, TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(5)),
        ];
        return faults.OfType<string>();
    }

    private static string? Between<T>(string option, T value, T least, T most)
        where T : IComparable<T> =>
        value.CompareTo(least) < 0 || value.CompareTo(most) > 0 ? $"{Section}:{option} must be from {least} to {most}; it is {value}." : null;
}
