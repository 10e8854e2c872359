using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Http.Hooks;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>A signature is good for its body, its time and its secret; a template makes tags of what the body has, and never everything.</summary>
internal sealed class HooksTarget : IFuzzTarget
{
    private static readonly string[] Secrets = ["a secret of at least 32 characters, yes"];
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_000_000);

    public string Name => "hooks";

    public IReadOnlyList<byte[]> Samples { get; } = InputReader.Texts(
        """{"page":"a"}""", """{"a":[{"b":1},{"b":[2,3]}]}""", "{/a/*/b}:{/page}", """{"a":"*"}""", "product:{/a~1b}", "v1=" + new string('0', 64), """{"":{"":[]}}""");

    public void Run(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        var text = Wtf8.Decode(input);
        OracleException.Require(!HookSignature.IsGood(Secrets, "1000000", text, input, Now) && !HookSignature.IsGood(Secrets, text, text, input, Now), "A signature was made by chance.");
        string[] templates = ["page:{/page}", "{/a/*/b}", "{/a}", text];
        foreach (var template in templates.Where(template => TagTemplate.Fault(template) is null).Select(TagTemplate.Parse))
        {
            try
            {
                var tags = HookEndpoints.TagsOf([template], bytes);
                OracleException.Require(tags.Length is > 0 and <= 128, "More tags than a call may have, or none.");
                OracleException.Require(!template.NeedsBody || !tags.Contains("*"), "A body expires everything.");
            }
            catch (ArgumentException)
            {
                // The body does not have it.
            }
        }
    }
}
