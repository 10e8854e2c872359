using System.Text;
using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Http.Authentication;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>The name in a key is of its alphabet; no text is taken for another.</summary>
internal sealed class KeysTarget : IFuzzTarget
{
    private static readonly string Given = ApiKeyText.Create().Text;
    private static readonly byte[] Hash = ApiKeyText.Hash(Given);

    public string Name => "keys";

    public IReadOnlyList<byte[]> Samples { get; } = [Encoding.UTF8.GetBytes(Given)];

    public void Run(ReadOnlySpan<byte> input)
    {
        var text = Wtf8.Decode(input);
        OracleException.Require(!ApiKeyText.TryReadId(text, out var id) || (ApiKeyText.IsId(id) && text.Contains(id, StringComparison.Ordinal)), "A name was read that is none.");
        OracleException.Require(ApiKeyText.Hash(text).AsSpan().SequenceEqual(Hash) == (text == Given), "Another key has the same hash.");
        OracleException.Require(!ScopeNames.TryParse(text, out var scopes) || (ScopeNames.TryParse(ScopeNames.Of(scopes), out var again) && again == scopes && scopes != Scopes.None), "Scopes do not come back.");
    }
}
