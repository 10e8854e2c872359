using System.Buffers.Binary;
using StackExchange.Redis;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>The data behind a cached value: a version that grows, and the least version that a read may still get, which grows once an invalidation has returned.</summary>
internal sealed class VersionedSource : IAsyncDisposable
{
    private static readonly RedisKey Version = "source:version";
    private static readonly RedisKey Floor = "source:floor";

    private readonly ConnectionMultiplexer _connection;
    private readonly IDatabase _database;

    private VersionedSource(ConnectionMultiplexer connection) => (_connection, _database) = (connection, connection.GetDatabase());

    public static async Task<VersionedSource> Connect(string redis) => new(await ConnectionMultiplexer.ConnectAsync(redis));

    public static long VersionOf(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt64LittleEndian(value);

    /// <summary>The factory: a value of the version that the source has now.</summary>
    public async ValueTask<byte[]> Make()
    {
        var version = (long)await _database.StringGetAsync(Version);
        var value = Document.MakeBytes();
        BinaryPrimitives.WriteInt64LittleEndian(value, version);
        return value;
    }

    public Task<long> Change() => _database.StringIncrementAsync(Version);

    /// <summary>From now on, reads that begin must get this version or a newer one.</summary>
    public Task Demand(long version) => _database.StringSetAsync(Floor, version);

    public async Task<long> Demanded() => (long)await _database.StringGetAsync(Floor);

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
