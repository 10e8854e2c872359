using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Names;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>
/// A name is taken if and only if it is sound, and as it is; an identity is taken apart into what it was made of, and no two pairs of a namespace and a
/// name have one.
/// </summary>
internal sealed class NamesTarget : IFuzzTarget
{
    public string Name => "names";

    public IReadOnlyList<byte[]> Samples { get; } =
    [
        InputReader.Of("default", "user:1", "shop", "product/42"),
        InputReader.Of("1", "2:ab", "1:", "ab"),
        InputReader.Of("3:abcd", "abcd", "3", ":abc"),
        InputReader.Of("11:aaaaaaaaaaab", "c", "aaaaaaaaaaa", "bc"),
        InputReader.Of("prices:eur", "", "prices", "eur"),
        InputReader.Of(new string('n', 64), new string('t', 256), new string('n', 65), new string('k', 1_024)),
        InputReader.Of("é", "😀", "e\u0301", "\u202Ex"),
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        var reader = new InputReader(input);
        var (a, b, c, d) = (reader.Text(), reader.Text(), reader.Text(), reader.Text());
        string[] texts = [a, b, c];
        foreach (var text in texts)
        {
            Parses(text);
            Splits(text);
        }

        Scopes(Reference.Sound(a, NameLimits.NamespaceLength), b, Reference.Sound(c, NameLimits.NamespaceLength), d);
        Scopes(Reference.Sound(a, NameLimits.NamespaceLength), b, Reference.Sound(a + b, 1 + (d.Length % NameLimits.NamespaceLength)), c);
    }

    private static void Parses(string text)
    {
        Parses(text, NameLimits.KeyLength, () => CacheKey.Parse(text).Value);
        Parses(text, text.Length / 2, () => CacheKey.Parse(text, text.Length / 2).Value);
        Parses(text, NameLimits.TagLength, () => TagName.Parse(text).Value);
        Parses(text, NameLimits.NamespaceLength, () => CacheNamespace.Parse(text).Value);
        Parses(text, text == "*" ? 0 : NameLimits.TagLength, () => TagName.ParseForEntry(text).Value);
        Parses(text, text.Contains(':', StringComparison.Ordinal) ? 0 : NameLimits.LoaderNameLength, () => LoaderName.Parse(text).Value);
    }

    private static void Parses(string text, int most, Func<string> parse)
    {
        var isTaken = Reference.Accepts(parse, text, out var value);
        OracleException.Require(isTaken == Reference.IsSound(text, most), $"A name of at most {most} units is {(isTaken ? "taken" : "refused")}.");
        OracleException.Require(!isTaken || value == text, "A name is not what it was made of.");
    }

    private static void Splits(string text)
    {
        if (SplitOrNull(() => CacheNamespace.Split(text)) is var (ns, name))
        {
            OracleException.Require(ns.Scope(name) == text, $"Split takes an identity that Scope does not make: it makes {Wtf8.Literal(ns.Scope(name))}.");
        }

        if (SplitOrNull(() => LoaderName.Split(text)) is var (loader, argument))
        {
            OracleException.Require(loader.KeyOf(argument) == text && !loader.Value.Contains(':', StringComparison.Ordinal), "A loader's key is split wrongly.");
        }
    }

    private static T? SplitOrNull<T>(Func<T> split)
        where T : struct
    {
        try
        {
            return split();
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static void Scopes(string leftSpace, string leftName, string rightSpace, string rightName)
    {
        var left = Scope(leftSpace, leftName);
        var right = Scope(rightSpace, rightName);
        OracleException.Require(left == right == ((leftSpace, leftName) == (rightSpace, rightName)), $"Two pairs have one identity: {Wtf8.Literal(left)}.");

        // The same text, with the border between the namespace and the name one unit farther.
        if (leftName.Length > 1 && leftSpace.Length < NameLimits.NamespaceLength && Reference.IsSound(leftSpace + leftName[0], NameLimits.NamespaceLength))
        {
            OracleException.Require(Scope(leftSpace + leftName[0], leftName[1..]) != left, $"Two pairs have one identity: {Wtf8.Literal(left)}.");
        }
    }

    private static string Scope(string space, string name)
    {
        var ns = CacheNamespace.Parse(space);
        var scoped = ns.Scope(name);
        if (name.Length > 0)
        {
            OracleException.Require(CacheNamespace.Split(scoped) == (ns, name), $"An identity is split wrongly: {Wtf8.Literal(scoped)}.");
            OracleException.Require(TagId.OfTag(ns, name).Name == name, "A tag's identity has another name.");
        }

        return scoped;
    }
}
