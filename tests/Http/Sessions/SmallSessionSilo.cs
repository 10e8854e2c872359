using OrleansTagCache.Http.Authentication;

namespace OrleansTagCache.Tests.Http;

/// <summary>A silo that takes few sessions, whose keys are in a file.</summary>
public sealed class SmallSessionSilo : SiloServer
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"keys-{Guid.NewGuid():N}.json");
    private readonly Dictionary<string, string> _keys = [];

    public SmallSessionSilo() => Keys = [AddKey().Text, AddKey().Text];

    /// <summary>Keys that are never removed.</summary>
    public string[] Keys { get; }

    protected override string[] Settings =>
    [
        "--TagCache:Limits:Sessions=3", "--TagCache:Limits:SessionsPerKey=2", "--TagCache:Limits:HeadTimeout=00:00:02", "--TagCache:SessionLease=00:00:01",
        $"--TagCache:Access:File={_file}",
    ];

    public (string Id, string Text) AddKey()
    {
        var (id, text) = ApiKeyText.Create();
        _keys.Add(id, $$"""{ "Hash": "{{Convert.ToHexString(ApiKeyText.Hash(text))}}", "Namespace": "shop", "Scopes": "read,write,invalidate,admin" }""");
        Write();
        return (id, text);
    }

    public void RemoveKey(string id)
    {
        _keys.Remove(id);
        Write();
    }

    /// <summary>Returns when the silo has read the file with that key, or without it.</summary>
    public async Task Knows(string key, bool isThere = true)
    {
        using var http = With(Keys[0]);
        await using var reader = await EventReader.Open(http, "/v1/traffic");
        while (Get<ApiKeyRing>().Find(key) is null == isThere)
        {
            await reader.Next("traffic");
        }
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
