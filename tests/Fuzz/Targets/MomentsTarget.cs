using System.Text;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Http.Tokens;
using OrleansTagCache.Names;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>No text but the one that was given opens as a moment, and that only at its silo and for its namespace; nor does it open as a token or a hold.</summary>
internal sealed class MomentsTarget : IFuzzTarget
{
    private const string Silo = "S127.0.0.1:1:1";

    private static readonly TokenSecret Key = new(0, [.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
    private static readonly CacheNamespace Shop = CacheNamespace.Parse("shop");
    private static readonly SealedMoment Moment = new(new(123_456_789_012), new Stamp(42));
    private static readonly string Given = SignedMoment.Seal(Key, Silo, Shop, Moment);

    public string Name => "moments";

    public IReadOnlyList<byte[]> Samples { get; } = [Encoding.UTF8.GetBytes(Given), Encoding.UTF8.GetBytes(Silo), Encoding.UTF8.GetBytes("shop"), Encoding.UTF8.GetBytes($"\u0003{Silo}\u0003shop")];

    public void Run(ReadOnlySpan<byte> input)
    {
        var text = Encoding.Latin1.GetString(input);
        OracleException.Require(Open(text, Silo, Shop) == (text == Given ? Moment : null), "A moment opens that was not given, or one that was given does not.");
        OracleException.Require(Open(Given, text, Shop) is null || text == Silo, "A moment opens at another silo.");
        if (Reference.IsSound(text, NameLimits.NamespaceLength))
        {
            OracleException.Require(Open(Given, Silo, CacheNamespace.Parse(text)) is null || text == "shop", "A moment opens for another namespace.");
            OracleException.Require(!SealedBytes.TryRead(Given, out var hold) || SignedHold.Open(Key, [TagId.OfTag(Shop, text)], hold) is null, "A moment opens as a hold.");
        }

        OracleException.Require(!SealedBytes.TryRead(Given, out var token) || text.Contains('\u0003', StringComparison.Ordinal) || SignedToken.Open(Key, text, token).IsNone, "A moment opens as a token.");
    }

    private static SealedMoment? Open(string text, string silo, CacheNamespace ns) => SealedBytes.TryRead(text, out var seal) ? SignedMoment.Open(Key, silo, ns, seal) : null;
}
