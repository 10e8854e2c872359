using System.Text;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Silo.Access;
using OrleansTagCache.Silo.Hooks;
using OrleansTagCache.Silo.Http;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>No text but the one that was given opens, and that only for its key.</summary>
internal sealed class TokenTarget : IFuzzTarget
{
    private static readonly TokenKey Key = new(1, [.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
    private static readonly GenerationId Id = new(new Guid("6f0d1a52-0001-4b1c-9f00-000000000001"));
    private static readonly string Given = TokenSeal.Seal(Key, TokenSeal.SiloOf("S127.0.0.1:1:1"), "4:shopkey", Id);

    public string Name => "tokens";

    public IReadOnlyList<byte[]> Seeds { get; } = [Encoding.UTF8.GetBytes(Given)];

    public void Run(byte[] input)
    {
        var text = Encoding.Latin1.GetString(input);
        Finding.Unless(Opens(text, "4:shopkey") == (text == Given), "A token opens that was not given, or one that was given does not.");
        Finding.Unless(!Opens(Given, $"4:shop{text}") || text == "key", "A token opens for another key.");
    }

    private static bool Opens(string text, string scoped) => TokenSeal.TryRead(text, out var token) && !TokenSeal.Open(Key, scoped, token).IsNone;
}

/// <summary>The name in a key is of its alphabet; no text is taken for another.</summary>
internal sealed class ApiKeyTarget : IFuzzTarget
{
    private static readonly string Given = ApiKeyText.Create().Text;
    private static readonly byte[] Hash = ApiKeyText.Hash(Given);

    public string Name => "API keys";

    public IReadOnlyList<byte[]> Seeds { get; } = [Encoding.UTF8.GetBytes(Given)];

    public void Run(byte[] input)
    {
        var text = Texts.Of(input);
        Finding.Unless(!ApiKeyText.TryReadId(text, out var id) || (ApiKeyText.IsId(id) && text.Contains(id, StringComparison.Ordinal)), "A name was read that is none.");
        Finding.Unless(ApiKeyText.Hash(text).AsSpan().SequenceEqual(Hash) == (text == Given), "Another key has the same hash.");
        Finding.Unless(!ScopeNames.TryParse(text, out var scopes) || (ScopeNames.TryParse(ScopeNames.Of(scopes), out var again) && again == scopes && scopes != Scopes.None), "Scopes do not come back.");
    }
}

/// <summary>A signature is good for its body, its time and its secret; a template makes tags of what the body has, and never everything.</summary>
internal sealed class HookTarget : IFuzzTarget
{
    private static readonly string[] Secrets = ["a secret of at least 32 characters, yes"];
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_000_000);

    public string Name => "webhooks";

    public IReadOnlyList<byte[]> Seeds { get; } = Texts.Seeds(
        """{"page":"a"}""", """{"a":[{"b":1},{"b":[2,3]}]}""", "{/a/*/b}:{/page}", """{"a":"*"}""", "product:{/a~1b}", "v1=" + new string('0', 64), """{"":{"":[]}}""");

    public void Run(byte[] input)
    {
        var text = Texts.Of(input);
        Finding.Unless(!HookSignature.IsGood(Secrets, "1000000", text, input, Now) && !HookSignature.IsGood(Secrets, text, text, input, Now), "A signature was made by chance.");
        string[] templates = ["page:{/page}", "{/a/*/b}", "{/a}", text];
        foreach (var template in templates.Where(template => TagTemplate.Fault(template) is null).Select(TagTemplate.Parse))
        {
            try
            {
                var tags = HookEndpoints.TagsOf([template], input);
                Finding.Unless(tags.Length is > 0 and <= 128, "More tags than a call may have, or none.");
                Finding.Unless(!template.NeedsBody || !tags.Contains("*"), "A body expires everything.");
            }
            catch (ArgumentException)
            {
                // The body does not have it.
            }
        }
    }
}
