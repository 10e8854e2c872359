using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansTagCache.Tests.Architecture;

/// <summary>What one process may send to another, or leave in storage, as lines of text: blocks (an interface, a type, an enum, a grain, something stored) with their parts.</summary>
internal sealed partial class WireContract
{
    /// <summary>What stands for a part that an earlier version had, and that must not be used again.</summary>
    public const string Retired = "retired";

    private readonly SortedDictionary<string, WireLine> _lines = new(PartOrder.Instance);

    public IReadOnlyDictionary<string, WireLine> Lines => _lines;

    /// <summary>Adds a block, or a part of one.</summary>
    public void Add(string block, string? part, string value, int since) => _lines.Add(part is null ? block : $"{block}\n{part}", new(block, part, value, since));

    public static WireContract Parse(string text)
    {
        var contract = new WireContract();
        var block = string.Empty;
        foreach (var line in text.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            var match = Line().Match(line);
            if (!match.Success)
            {
                throw new FormatException($"The line \"{line}\" of the contract is not \"name: value\", nor \"name: value @version\".");
            }

            var (name, isPart) = (match.Groups["name"].Value, line[0] == ' ');
            block = isPart ? block : name;
            contract.Add(block, isPart ? name : null, match.Groups["value"].Value, match.Groups["since"] is { Success: true, Value: var since } ? int.Parse(since, CultureInfo.InvariantCulture) : 1);
        }

        return contract;
    }

    /// <summary>The text of it: the lines with the version of the protocol that they came in, but for the first.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var line in _lines.Values)
        {
            text.Append(line.Part is null ? "\n" : "  ").Append(CultureInfo.InvariantCulture, $"{line.Part ?? line.Block}: {line.Value}{(line.Since > 1 ? $" @{line.Since}" : string.Empty)}\n");
        }

        return text.ToString();
    }

    [GeneratedRegex(@"^(  )?(?<name>[^ ].*?): (?<value>.+?)( @(?<since>\d+))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Line();

    /// <summary>Blocks by name, each before its parts; parts by number or name.</summary>
    private sealed class PartOrder : IComparer<string>
    {
        public static readonly PartOrder Instance = new();

        public int Compare(string? x, string? y)
        {
            var (first, second) = (x!.Split('\n'), y!.Split('\n'));
            var blocks = string.CompareOrdinal(first[0], second[0]);
            return blocks != 0 || first.Length + second.Length < 4
                ? blocks != 0 ? blocks : first.Length - second.Length
                : int.TryParse(first[1], CultureInfo.InvariantCulture, out var a) && int.TryParse(second[1], CultureInfo.InvariantCulture, out var b) ? a - b : string.CompareOrdinal(first[1], second[1]);
        }
    }
}

/// <summary>One line of a contract.</summary>
/// <param name="Block">What it is of: <c>type otc.Payload</c>.</param>
/// <param name="Part">Which part of it; null for the block itself.</param>
/// <param name="Value">What the part is.</param>
/// <param name="Since">The version of the protocol that it came in.</param>
internal sealed record WireLine(string Block, string? Part, string Value, int Since);
