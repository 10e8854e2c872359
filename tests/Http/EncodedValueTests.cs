using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Serialization;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>What applications have compressed or encrypted, as the HTTP API gives it: as it was, or not at all.</summary>
[Collection(SiloCollection.Name)]
public sealed class EncodedValueTests(SiloServer silo)
{
    private static readonly byte[] Value = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a value that is long enough; ", 50)));

    private readonly HttpClient _http = silo.Http;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CompressedValue_IsReadAsItWas(bool hasBeenRead)
    {
        var key = $"encoded:compressed:{hasBeenRead}";
        await Store(key, PayloadCoding.Brotli);
        if (hasBeenRead)
        {
            await _http.Read(key);
        }

        var reply = await _http.Read(key);

        Assert.Equal((200, "text/plain"), (reply.Status, reply.ContentType));
        Assert.Equal(Encoding.UTF8.GetString(Value), reply.Text);
        var many = await _http.Post("/v1/entries/get", new { keys = new[] { key } });
        Assert.Equal(Value, many.Json.GetProperty("entries")[0].GetProperty("value").GetBytesFromBase64());
        var info = (await _http.Info(key)).Json;
        Assert.Equal((true, false), (info.GetProperty("compressed").GetBoolean(), info.GetProperty("encrypted").GetBoolean()));
    }

    [Theory]
    [InlineData("fresh")]
    [InlineData("near")]
    [InlineData("stale")]
    public async Task EncryptedValue_IsNotGiven_AndKeepsNobodyWaiting(string state)
    {
        var key = $"encoded:encrypted:{state}";
        await Store(key, PayloadCoding.Protected, state == "stale" ? new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromHours(1)) : CacheLife.Max);
        if (state == "near")
        {
            await _http.Read(key);
        }

        for (var i = 0; i < 2; i++)
        {
            var reply = await _http.Read(key);
            Assert.Equal((406, "encrypted_value"), (reply.Status, reply.Json.GetProperty("code").GetString()));
            Assert.Null(reply.Header("Tag-Cache-Token"));
        }

        var many = await _http.Post("/v1/entries/get", new { keys = new[] { key } });
        Assert.Equal($"[\"{key}\"]", many.Json.GetProperty("omitted").GetRawText());
        Assert.True((await _http.Info(key)).Json.GetProperty("encrypted").GetBoolean());
    }

    /// <summary>As an application stores it, whose keys this silo does not have.</summary>
    private async Task Store(string key, PayloadCoding coding, CacheLife? life = null)
    {
        var scopedKey = CacheNamespace.Default.Scope(key);
        var entry = new EntryData(new(Value, "text/plain"), [], CopiedTags: null, life ?? CacheLife.Max);
        var codec = new PayloadCodec(new() { CompressFromBytes = 64 }, silo.Get<IServiceProvider>(), new LogOnce(), NullLogger<PayloadCodec>.Instance);
        entry = coding == PayloadCoding.Brotli ? codec.Encode(scopedKey, entry) : entry with { Payload = entry.Payload with { Coding = coding } };
        Assert.Equal(coding, entry.Payload.Coding);
        var outcome = await silo.Get<UpdateClient>().Set(scopedKey, entry, silo.Get<TimeProvider>().Now(), TimeSpan.FromSeconds(30), CancellationToken.None);
        Assert.Equal(CommitStatus.Stored, outcome.Status);
    }
}
