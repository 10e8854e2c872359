using OrleansTagCache.Http.Authentication;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>A silo that wants keys: two namespaces, a key of each scope in the first, one that has ended.</summary>
public class KeyedSilo : SiloServer
{
    private readonly List<string> _settings = [];

    public KeyedSilo()
    {
        All = Add("shop", "read,write,invalidate,admin");
        Reader = Add("shop", "read");
        Writer = Add("shop", "read,write");
        Invalidator = Add("shop", "invalidate");
        Other = Add("blog", "read,write,invalidate,admin");
        Ended = Add("shop", "read,write,invalidate,admin", "2020-01-01T00:00:00Z");
    }

    public string All { get; }

    public string Reader { get; }

    public string Writer { get; }

    public string Invalidator { get; }

    public string Other { get; }

    public string Ended { get; }

    protected override string[] Settings => [.. _settings];

    /// <summary>A client that sends that key with every call.</summary>
    public HttpClient With(string? key)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Http.BaseAddress };
        if (key is not null)
        {
            http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        }

        return http;
    }

    private string Add(string ns, string scopes, string? expires = null)
    {
        var (id, text) = ApiKeyText.Create();
        var path = $"--TagCache:Access:Keys:{id}";
        _settings.AddRange([$"{path}:Hash={Convert.ToHexString(ApiKeyText.Hash(text))}", $"{path}:Namespace={ns}", $"{path}:Scopes={scopes}"]);
        if (expires is not null)
        {
            _settings.Add($"{path}:Expires={expires}");
        }

        return text;
    }
}

[CollectionDefinition(Name)]
public sealed class KeyedSiloCollection : ICollectionFixture<KeyedSilo>
{
    public const string Name = "keyed silo";
}
