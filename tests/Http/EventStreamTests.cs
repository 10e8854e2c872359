using OrleansTagCache.Http.Authentication;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>When streams of events end, and how many there are.</summary>
public sealed class EventStreamTests(StreamSilo silo) : IClassFixture<StreamSilo>
{
    [Fact]
    public async Task Streams_BeyondTheLimit_AreRefusedUntilOneEnds()
    {
        using var http = silo.With(silo.Lasting);
        var open = await Task.WhenAll(Enumerable.Range(0, StreamSilo.Streams).Select(_ => EventReader.Open(http, "/v1/traffic")));

        var oneMore = await http.Ask("/v1/traffic");
        Assert.Contains("TagCache:Limits:EventStreams", oneMore.IsProblem(503, "overloaded"), StringComparison.Ordinal);
        Assert.Equal("1", oneMore.Header("Retry-After"));

        foreach (var reader in open)
        {
            await reader.DisposeAsync();
        }

        await silo.NoRequestRuns();
        await using var another = await EventReader.Open(http, "/v1/traffic");
        await another.Next("traffic");
    }

    [Fact]
    public async Task Stream_OfAKeyThatIsRevoked_Ends()
    {
        using var http = silo.With(silo.Revoked.Text);
        await using var reader = await EventReader.Open(http, "/v1/traffic");

        // Another key comes, and the file is read again: nothing changes for this one.
        var another = silo.AddKey().Text;
        do
        {
            await reader.Next("traffic");
        }
        while (silo.Get<ApiKeyRing>().Find(another) is null);

        await reader.Next("traffic");
        silo.RemoveKey(silo.Revoked.Id);
        while (await reader.Next() is not null)
        {
        }

        Assert.Equal(401, (await http.Ask("/v1/traffic")).Status);
    }

    [Fact]
    public async Task Head_OfAStream_HasNoBody()
    {
        using var http = silo.With(silo.Lasting);
        var head = await http.Send(HttpMethod.Head, "/v1/traffic");
        Assert.Equal((200, "text/event-stream", "no-store"), (head.Status, head.ContentType, head.Header("Cache-Control")));
        Assert.Empty(head.Bytes);
    }
}

/// <summary>A silo with few streams, whose keys are in a file.</summary>
public sealed class StreamSilo : SiloServer
{
    public const int Streams = 3;

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"keys-{Guid.NewGuid():N}.json");
    private readonly Dictionary<string, string> _keys = [];

    public StreamSilo() => (Lasting, Revoked) = (AddKey().Text, AddKey());

    /// <summary>A key that is never removed.</summary>
    public string Lasting { get; }

    /// <summary>A key that a test removes.</summary>
    public (string Id, string Text) Revoked { get; }

    protected override string[] Settings => [$"--TagCache:Limits:EventStreams={Streams}", $"--TagCache:Access:File={_file}"];

    public (string Id, string Text) AddKey()
    {
        var (id, text) = ApiKeyText.Create();
        _keys.Add(id, $$"""{ "Hash": "{{Convert.ToHexString(ApiKeyText.Hash(text))}}", "Namespace": "shop", "Scopes": "read,invalidate,admin" }""");
        Write();
        return (id, text);
    }

    public void RemoveKey(string id)
    {
        _keys.Remove(id);
        Write();
    }

    /// <summary>A client that sends that key with every call.</summary>
    public HttpClient With(string key)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Http.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return http;
    }

    private void Write()
    {
        File.WriteAllText($"{_file}.new", $$"""{ "TagCache": { "Access": { "Keys": { {{string.Join(", ", _keys.Select(key => $"\"{key.Key}\": {key.Value}"))}} } } } }""");
        File.Move($"{_file}.new", _file, overwrite: true);
    }
}
