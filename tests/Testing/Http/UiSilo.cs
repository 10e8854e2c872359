using System.Text.Json;
using Microsoft.Extensions.Configuration;
using OrleansTagCache.Http.Authentication;
using Xunit;

namespace OrleansTagCache.Testing;

/// <summary>A silo whose keys are in a file that tests change: an operator's, which may do everything, one with the scope admin alone, and one without it.</summary>
public sealed class UiSilo : SiloServer
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ui");
    private readonly Dictionary<string, object> _keys = [];

    public UiSilo()
    {
        Operator = Add("read,write,invalidate,admin");
        Watcher = Add("admin");
        Reader = Add("read");
        Write();
    }

    public string Operator { get; }

    public string Watcher { get; }

    public string Reader { get; }

    protected override string[] Settings => [$"--TagCache:Access:File={File}"];

    private string File => Path.Combine(_folder.FullName, "keys.json");

    /// <summary>Adds a key; the silo knows it after <see cref="Take"/>.</summary>
    internal string Add(string scopes, string? id = null)
    {
        var (name, text) = ApiKeyText.Create();
        if (id is not null)
        {
            (name, text) = (id, $"otc_{id}_{text.Split('_', 3)[2]}");
        }

        _keys[name] = Stored(text, scopes);
        return text;
    }

    /// <summary>Gives a key other scopes; the silo knows after <see cref="Take"/>.</summary>
    internal void SetScopes(string key, string scopes) => _keys[IdOf(key)] = Stored(key, scopes);

    /// <summary>Takes a key away; the silo knows after <see cref="Take"/>.</summary>
    internal void Remove(string key) => _keys.Remove(IdOf(key));

    internal static string IdOf(string key) => key.Split('_')[1];

    /// <summary>Writes the file, and has the silo read it.</summary>
    internal void Take()
    {
        Write();
        ((IConfigurationRoot)Get<IConfiguration>()).Reload();
    }

    /// <summary>A browser with the page open: it sends what browsers send, and keeps its cookie.</summary>
    internal HttpClient Page(params (string Name, string? Value)[] changed)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Http.BaseAddress };
        var headers = new Dictionary<string, string?> { ["Tag-Cache-Ui"] = "1", ["Sec-Fetch-Site"] = "same-origin", ["Origin"] = $"http://{Http.BaseAddress!.Authority}" };
        foreach (var (name, value) in changed)
        {
            headers[name] = value;
        }

        foreach (var (name, value) in headers.Where(header => header.Value is not null))
        {
            Assert.True(http.DefaultRequestHeaders.TryAddWithoutValidation(name, value));
        }

        return http;
    }

    /// <summary>The cookie of a session of that key, as a browser sends it.</summary>
    internal async Task<string> SignIn(string key)
    {
        using var page = Page();
        var reply = await page.Post("/ui/session", new { key });
        reply.IsDone();
        return reply.Header("Set-Cookie")!.Split(';')[0];
    }

    private static object Stored(string key, string scopes) => new { Hash = Convert.ToHexString(ApiKeyText.Hash(key)), Namespace = "default", Scopes = scopes };

    private void Write() => System.IO.File.WriteAllText(File, JsonSerializer.Serialize(new { TagCache = new { Access = new { Keys = _keys } } }));
}
