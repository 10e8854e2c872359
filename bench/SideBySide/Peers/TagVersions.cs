using System.Buffers.Binary;
using StackExchange.Redis;

namespace OrleansTagCache.Bench.SideBySide.Peers;

/// <summary>
/// Strict tags on Redis alone: each tag has a version, a value bears the versions that its tags had before it was made, and each read asks
/// for the value and for its tags' versions in one MGET. It must know an entry's tags beforehand, and keeps nothing near.
/// </summary>
internal sealed class TagVersions : ITaggedPeer
{
    private readonly ConnectionMultiplexer _connection;
    private readonly IDatabase _database;

    private TagVersions(ConnectionMultiplexer connection) => (_connection, _database) = (connection, connection.GetDatabase());

    public static async Task<TagVersions> Connect(string redis) => new(await ConnectionMultiplexer.ConnectAsync(redis));

    public Read<byte[]> Entries(string[] tags, Make<byte[]> make)
    {
        RedisKey[] versions = [.. tags.Select(VersionOf)];
        return key => Read("versioned:" + key, versions, make);
    }

    public Task Invalidate(string tag) => _database.StringIncrementAsync(VersionOf(tag));

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static RedisKey VersionOf(string tag) => "version:" + tag;

    private static byte[] Stamp(ReadOnlySpan<RedisValue> versions)
    {
        var stamp = new byte[versions.Length * sizeof(long)];
        for (var i = 0; i < versions.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(stamp.AsSpan(i * sizeof(long)), (long)versions[i]);
        }

        return stamp;
    }

    private async ValueTask<byte[]> Read(RedisKey key, RedisKey[] versions, Make<byte[]> make)
    {
        var found = await _database.StringGetAsync([key, .. versions]);
        var stamp = Stamp(found.AsSpan(1));
        if ((byte[]?)found[0] is { } kept && kept.AsSpan().StartsWith(stamp))
        {
            return kept[stamp.Length..];
        }

        var made = await make(CancellationToken.None);
        await _database.StringSetAsync(key, (byte[])[.. stamp, .. made], PeerSettings.Life);
        return made;
    }
}
