using System.Text;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Http.Tokens;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>No text but the one that was given opens, and that only for its key.</summary>
internal sealed class TokensTarget : IFuzzTarget
{
    private static readonly TokenSecret Key = new(1, [.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
    private static readonly TokenId Id = new(new Guid("6f0d1a52-0001-4b1c-9f00-000000000001"));
    private static readonly string Given = SignedToken.Seal(Key, SignedToken.SiloOf("S127.0.0.1:1:1"), "4:shopkey", Id);

    public string Name => "tokens";

    public IReadOnlyList<byte[]> Samples { get; } = [Encoding.UTF8.GetBytes(Given)];

    public void Run(ReadOnlySpan<byte> input)
    {
        var text = Encoding.Latin1.GetString(input);
        OracleException.Require(Opens(text, "4:shopkey") == (text == Given), "A token opens that was not given, or one that was given does not.");
        OracleException.Require(!Opens(Given, $"4:shop{text}") || text == "key", "A token opens for another key.");
    }

    private static bool Opens(string text, string scoped) => SealedBytes.TryRead(text, out var token) && !SignedToken.Open(Key, scoped, token).IsNone;
}
