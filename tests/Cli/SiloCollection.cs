using OrleansTagCache.Http.Authentication;
using Xunit;

namespace OrleansTagCache.Tests.Cli;

[CollectionDefinition(Name)]
public sealed class SiloCollection : ICollectionFixture<SiloServer>
{
    public const string Name = "silo";
}

/// <summary>A silo that wants keys.</summary>
public sealed class KeyedSilo : SiloServer
{
    private readonly List<string> _settings = [];

    public KeyedSilo() => (All, Reader) = (Add("read,write,invalidate,admin"), Add("read"));

    public string All { get; }

    public string Reader { get; }

    protected override string[] Settings => [.. _settings];

    private string Add(string scopes)
    {
        var (id, text) = ApiKeyText.Create();
        var path = $"--TagCache:Access:Keys:{id}";
        _settings.AddRange([$"{path}:Hash={Convert.ToHexString(ApiKeyText.Hash(text))}", $"{path}:Namespace=shop", $"{path}:Scopes={scopes}"]);
        return text;
    }
}
