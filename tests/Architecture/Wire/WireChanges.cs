namespace OrleansTagCache.Tests.Architecture;

/// <summary>Compares the contract that earlier versions were built with, which the file has, with the one of the code.</summary>
internal static class WireChanges
{
    /// <summary>What processes of earlier versions would not understand, and why.</summary>
    public static List<string> Breaking(WireContract before, WireContract now)
    {
        List<string> found = [];
        foreach (var (name, line) in before.Lines)
        {
            var present = now.Lines.GetValueOrDefault(name);
            if (line.Value == WireContract.Retired)
            {
                if (present is not null)
                {
                    found.Add($"{Named(line)} is \"{present.Value}\", but is retired: earlier versions sent something else there. Take a number, or a name, that was never used.");
                }
            }
            else if (present is null)
            {
                if (line.Part is null || now.Lines.ContainsKey(line.Block))
                {
                    found.Add($"{Named(line)} (\"{line.Value}\") is gone: {Lost(line)}");
                }
            }
            else if (present.Value != line.Value)
            {
                found.Add($"{Named(line)} was \"{line.Value}\" and is \"{present.Value}\": {Changed(line)}");
            }
        }

        return found;
    }

    /// <summary>What processes of earlier versions do not have, and skip or lack.</summary>
    public static List<string> Added(WireContract before, WireContract now) =>
        [.. now.Lines.Where(line => !before.Lines.ContainsKey(line.Key)).Select(line => $"{Named(line.Value)}: \"{line.Value.Value}\"")];

    /// <summary>The contract of the file, with what the code has added to it.</summary>
    public static WireContract Amended(WireContract before, WireContract now)
    {
        var amended = new WireContract();
        foreach (var line in before.Lines.Values.Concat(now.Lines.Where(line => !before.Lines.ContainsKey(line.Key)).Select(line => line.Value)))
        {
            amended.Add(line.Block, line.Part, line.Value, line.Since);
        }

        return amended;
    }

    private static string Named(WireLine line) => line.Part is null ? line.Block : $"{line.Block}, {line.Part}";

    private static string KindOf(WireLine line) => line.Block[..line.Block.IndexOf(' ', StringComparison.Ordinal)];

    private static string Lost(WireLine line) => (KindOf(line), line.Part) switch
    {
        ("interface", null) => "processes of earlier versions call it by this alias.",
        ("interface", { } part) when part.Contains('(', StringComparison.Ordinal) => "callers of earlier versions send this argument, and what they mean by it would be lost.",
        ("interface", _) => "processes of earlier versions call this method by this alias, and would get an error.",
        ("type", null) => "messages of earlier versions name it by this alias.",
        ("type", _) => "processes of earlier versions send this member and expect it.",
        ("enum", _) => "processes of earlier versions send this number.",
        ("grain", _) => "grains are addressed by this name.",
        _ => "what an earlier version has stored could not be read.",
    };

    private static string Changed(WireLine line) => (KindOf(line), line.Part) switch
    {
        ("interface", null) => "processes of earlier versions address it the other way.",
        ("interface", { } part) when part.Contains('(', StringComparison.Ordinal) =>
            "arguments are known by their places, so the other side would take one for another. Append parameters; if it has only got another name, change the file by hand.",
        ("interface", _) => "processes of earlier versions read, or send, the other response.",
        ("type", null) => "the other side reads it in the other way.",
        ("type", _) => "members are known by their numbers, so the other side would take one for another. Take the next free number; if it has only got another name, change the file by hand.",
        ("enum", _) => "values are known by their numbers, so the other side would take one for another.",
        ("grain", _) => "a grain of an earlier version is found the other way.",
        _ => "what an earlier version has stored would be read as something else.",
    };
}
