using StackExchange.Redis;

namespace OrleansTagCache.Bench.SideBySide.Peers;

/// <summary>GET and SET, without tags: what the way to Redis and back costs alone.</summary>
internal sealed class PlainRedis : IPeer
{
    private readonly ConnectionMultiplexer _connection;
    private readonly IDatabase _database;

    private PlainRedis(ConnectionMultiplexer connection) => (_connection, _database) = (connection, connection.GetDatabase());

    public static async Task<PlainRedis> Connect(string redis) => new(await ConnectionMultiplexer.ConnectAsync(redis));

    public Read<byte[]> Entries(string[] tags, Make<byte[]> make) => async key =>
    {
        RedisKey name = "plain:" + key;
        if ((byte[]?)await _database.StringGetAsync(name) is { } kept)
        {
            return kept;
        }

        var made = await make(CancellationToken.None);
        await _database.StringSetAsync(name, made, PeerSettings.Life);
        return made;
    };

    public ValueTask DisposeAsync() => _connection.DisposeAsync();
}
