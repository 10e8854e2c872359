namespace OrleansTagCache.Cli.Api;

/// <summary>The answers of the HTTP API, as far as this program shows them: docs/reference/http.md. What an earlier silo does not send is null, or 0.</summary>
internal sealed record EntryDescription(string Key, string[] Tags, Life Life, double Age, string State, long Size, string? ContentType, string Silo);

internal sealed record Life(double? Stale, double? Revalidate, double? Expire);

internal sealed record ManyEntries(FoundEntry[] Entries, string[] Omitted);

internal sealed record FoundEntry(string Key, byte[] Value, string? ContentType, string[] Tags, double Age, string State);

internal sealed record TagDescription(
    string Tag, long Dependents, TagOnSilo[] Silos, double? LastUpdate, double? LastRevalidation, TagRefresh? PendingRefresh, int UnreachableSilos);

internal sealed record TagOnSilo(string Silo, long Dependents);

internal sealed record TagRefresh(int Total, int Done, int Left, int Failed, int Pass, double Started);

internal sealed record TagKeys(string Tag, string[] Entries, string? Next, int UnreachableSilos);

internal sealed record TagPage(TagRow[] Tags, string? Next, int UnreachableSilos);

internal sealed record TagRow(string Tag, long Dependents);

internal sealed record UpdateReceipt(int Tags, int Members, double ElapsedMs);

internal sealed record Cluster(string ClusterId, string Silo, Totals Totals, Member[] Members, string[] Unreachable);

internal sealed record Totals(int Members, int Serving, long Entries, long Bytes, int Sessions, double? HitRatio);

internal sealed record Member(
    string Silo,
    bool Serving,
    double LeaseSeconds,
    long Entries,
    long Bytes,
    long MaximumBytes,
    int Sessions,
    long Hits,
    long StaleHits,
    long Misses,
    double? HitRatio,
    long Evictions,
    int OpenUpdates,
    long BrokenSessions,
    string[]? DelayedBy,
    Moves? Moves,
    Standby? Standby,
    Holds? Holds,
    string? Version,
    Protocol? Protocol);

internal sealed record Moves(int Owners, bool Settled, long ToSend, double? FillingSeconds);

internal sealed record Standby(long Waiting, int Behind);

internal sealed record Holds(int Held, double? OldestSeconds);

internal sealed record Protocol(int Oldest, int Newest, int Spoken);

internal sealed record Diagnostics(string ClusterId, string ServiceId, string Silo, DateTimeOffset Clock, StoreState Store, ProcessState[] Members, string[] Unreachable);

internal sealed record StoreState(double? ElapsedMs, string? Fault);

internal sealed record ProcessState(
    string Silo,
    string? Machine,
    int? ProcessId,
    string? Runtime,
    double? UptimeSeconds,
    double LeaseSeconds,
    double? LeaseLengthSeconds,
    ClockState? Clock,
    PoolState? Pool,
    MemoryState? Memory,
    CertificateState? Certificate);

internal sealed record ClockState(double AheadSeconds, double WithinSeconds);

internal sealed record PoolState(int Processors, int Threads, long QueuedWork, double DelayMs);

internal sealed record MemoryState(long InUseBytes, long AvailableBytes, double PausedPercent);

internal sealed record CertificateState(string Subject, DateTimeOffset From, DateTimeOffset To);
