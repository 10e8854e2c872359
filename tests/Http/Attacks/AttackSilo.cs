using System.Net.Sockets;
using OrleansTagCache.Http.Authentication;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>A silo that is attacked: with keys, webhooks, and one entry of another namespace that must neither be read nor lost.</summary>
public sealed class AttackSilo : SiloServer
{
    public const string Secret = "the secret of the hook of the attacked silo";
    public const int MaximumPayloadBytes = 64 * 1024;

    private readonly List<string> _settings =
    [
        "--TagCache:Limits:HeadTimeout=00:00:02",
        "--TagCache:Limits:Refusals=1000000",
        $"--TagCache:MaximumPayloadBytes={MaximumPayloadBytes}",
        $"--TagCache:Hooks:cms:Secrets:0={Secret}",
        "--TagCache:Hooks:cms:Tags:0=page:{/page}",
    ];

    private readonly string _full;
    private readonly string _reader;
    private readonly string _invalidator;
    private readonly string _ended;
    private readonly string _owner;
    private Loot? _loot;

    public AttackSilo()
    {
        _full = Add("shop", "read,write,invalidate");
        _reader = Add("shop", "read");
        _invalidator = Add("shop", "invalidate");
        _ended = Add("shop", "read,write,invalidate,admin", "2020-01-01T00:00:00Z");
        _owner = Add("blog", "read,write,invalidate,admin");
    }

    protected override string[] Settings => [.. _settings];

    internal async Task<Loot> Loot()
    {
        if (_loot is null)
        {
            using var owner = With(_owner);
            (await owner.Put("secret", "treasure", "&tag=secret")).IsDone();
            using var shop = With(_full);
            _loot = new(_full, _reader, _invalidator, _ended, await shop.TakeToken("mine"), await owner.TakeToken("mine"), await Moment(shop), await Moment(owner));
        }

        return _loot;
    }

    private static async Task<string> Moment(HttpClient http) => (await http.Send(HttpMethod.Head, "/v1/entry?key=none")).Header("Tag-Cache-As-Of")!;

    /// <summary>Sends it over a connection of its own; the answer to its end, or nothing.</summary>
    internal async Task<string> Send(Attack attack)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", Http.BaseAddress!.Port, patience.Token);
        await using var stream = tcp.GetStream();
        var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(attack.Bytes(await Loot()), patience.Token);
            if (attack.Closes)
            {
                tcp.Client.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // The silo has heard enough; it may have answered.
        }

        try
        {
            await stream.CopyToAsync(answer, patience.Token);
        }
        catch (IOException)
        {
            // It closed with more to read: what it answered is here.
        }

        return System.Text.Encoding.Latin1.GetString(answer.ToArray());
    }

    /// <summary>Fails unless the silo is as it was: it serves, it has the one entry and no other, and it has no fault to tell of.</summary>
    internal async Task IsUnharmed()
    {
        using var owner = With(_owner);
        Assert.Equal("treasure", (await owner.Read("secret")).Text);
        var totals = (await owner.Ask("/v1/cluster")).Json.GetProperty("totals");
        Assert.Equal((1, 1), (totals.GetProperty("serving").GetInt32(), totals.GetProperty("entries").GetInt32()));
        Assert.Empty(Log.Errors);
        Assert.DoesNotContain("nhandled exception", Log.Text, StringComparison.Ordinal);
    }

    private HttpClient With(string key)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Http.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return http;
    }

    private string Add(string ns, string scopes, string? expires = null)
    {
        var (id, text) = ApiKeyText.Create();
        var path = $"--TagCache:Access:Keys:{id}";
        _settings.AddRange([$"{path}:Hash={Convert.ToHexString(ApiKeyText.Hash(text))}", $"{path}:Namespace={ns}", $"{path}:Scopes={scopes}"]);
        _settings.AddRange(expires is null ? [] : [$"{path}:Expires={expires}"]);
        return text;
    }
}
