using System.Runtime.InteropServices;
using System.Text;
using OrleansTagCache.Names;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>Text of any kind from bytes of any kind.</summary>
internal static class Texts
{
    /// <summary>UTF-16 units as they come: lone surrogates are among them. An odd first byte reads as UTF-8 instead, which finds its way to words.</summary>
    public static string Of(ReadOnlySpan<byte> input) =>
        input.Length > 0 && (input[0] & 1) == 1 ? Encoding.UTF8.GetString(input) : new string(MemoryMarshal.Cast<byte, char>(input));

    public static (string First, string Second) Two(byte[] input)
    {
        var text = Of(input);
        return (text[..(text.Length / 2)], text[(text.Length / 2)..]);
    }

    public static byte[][] Seeds(params string[] texts) => [.. texts.SelectMany(text => new[] { Encoding.UTF8.GetBytes(text), Encoding.Unicode.GetBytes(text) })];
}

/// <summary>A name is taken as it stands, or refused without being repeated.</summary>
internal sealed class NameTarget : IFuzzTarget
{
    public string Name => "names";

    public IReadOnlyList<byte[]> Seeds { get; } = Texts.Seeds("product:17", "a", "tag", "shop", "😀", "*", new string('k', 1_024), new string('t', 257));

    public void Run(byte[] input)
    {
        var text = Texts.Of(input);
        Check(text, 1_024, () => CacheKey.Parse(text).Value);
        Check(text, 256, () => TagName.Parse(text).Value);
        Check(text, 64, () => CacheNamespace.Parse(text).Value);
        if (text.Length > 0 && Check(text, 64, () => LoaderName.Parse(text).Value, alsoBad: text.Contains(':', StringComparison.Ordinal)))
        {
            var (name, argument) = LoaderName.Split(LoaderName.Parse(text).KeyOf(text));
            Finding.Unless(name.Value == text && argument == text, "A loader's key does not come apart as it was put together.");
        }
    }

    private static bool Check(string text, int limit, Func<string> parse, bool alsoBad = false)
    {
        var isSound = text.Length > 0 && text.Length <= limit && !text.Any(char.IsControl) && IsSound(text) && !alsoBad;
        try
        {
            Finding.Unless(parse() == text, "A name was changed.");
            Finding.Unless(isSound, "A name was taken that is none.");
        }
        catch (ArgumentException fault)
        {
            Finding.Unless(!isSound, "A name was refused that is one.");
            Finding.Unless(text.Length < 12 || !fault.Message.Contains(text, StringComparison.Ordinal), "A fault repeats the name.");
        }

        return isSound;
    }

    private static bool IsSound(string text)
    {
        try
        {
            new UnicodeEncoding(false, false, throwOnInvalidBytes: true).GetByteCount(text);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}

/// <summary>Two names in namespaces have one identity only if they are the same.</summary>
internal sealed class IdentityTarget : IFuzzTarget
{
    public string Name => "identities";

    public IReadOnlyList<byte[]> Seeds { get; } = Texts.Seeds("4:shopkey", "1:ab", "shopkeyshopkey", "1:11:1", "2:1:1:", "64:" + new string('n', 64) + "k");

    public void Run(byte[] input)
    {
        var text = Texts.Of(input);
        try
        {
            var (ns, name) = CacheNamespace.Split(text);
            Finding.Unless(ns.Scope(name) == text, "An identity comes apart to another.");
        }
        catch (FormatException)
        {
            // It is none.
        }

        for (var cut = 1; cut < Math.Min(text.Length, 66); cut++)
        {
            if (TryParse(text[..cut]) is { } ns)
            {
                var (again, name) = CacheNamespace.Split(ns.Scope(text[cut..]));
                Finding.Unless(again == ns && name == text[cut..], "An identity is that of another namespace.");
            }
        }
    }

    private static CacheNamespace? TryParse(string text) => NameRules.Fault("namespace", text, 64) is null ? CacheNamespace.Parse(text) : null;
}

/// <summary>Tags of a call are distinct, sound, and within their number; whoever checks them again agrees.</summary>
internal sealed class TagSetTarget : IFuzzTarget
{
    public string Name => "tag sets";

    public IReadOnlyList<byte[]> Seeds { get; } = Texts.Seeds("a,b,c", "*,a", string.Join(',', Enumerable.Range(0, 130)), ",,", "a,a,A");

    public void Run(byte[] input)
    {
        var tags = Texts.Of(input).Split(',');
        try
        {
            var distinct = TagSet.ForEntry(tags);
            Finding.Unless(distinct.Length <= 128 && distinct.Distinct(StringComparer.Ordinal).Count() == distinct.Length && distinct.All(tag => tags.Contains(tag)), "The tags of an entry are not those of the call.");
            Finding.Unless(TagSet.FaultOfEntry(distinct) is null, "The silo refuses what the client takes.");
            Finding.Unless(TagSet.ForCall(tags).SequenceEqual(distinct), "A call takes other tags than an entry.");
        }
        catch (ArgumentException)
        {
            Finding.Unless(tags.Length > 128 || TagSet.FaultOfEntry(tags) is not null, "Tags were refused that are sound.");
        }
    }
}

/// <summary>A fault on purpose: namespace and name with something between them. It must be found.</summary>
internal sealed class JoinedNames : IFuzzTarget
{
    public string Name => "self-test";

    public IReadOnlyList<byte[]> Seeds { get; } = Texts.Seeds("shop/key", "a/b/c");

    public void Run(byte[] input)
    {
        var (ns, name) = Texts.Two(input);
        var joined = $"{ns}/{name}";
        var at = joined.IndexOf('/', StringComparison.Ordinal);
        Finding.Unless(joined[..at] == ns && joined[(at + 1)..] == name, "An identity is that of another namespace.");
    }
}
