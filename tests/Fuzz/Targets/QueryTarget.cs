using System.Globalization;
using System.Text.RegularExpressions;
using OrleansTagCache.Fuzz.Engine;
using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>A parameter is what a strict decoder says that it is, and in its range, or it is refused without being repeated.</summary>
internal sealed partial class QueryTarget : IFuzzTarget
{
    private static readonly string[] Names = ["key", "tag", "soft", "wait", "limit"];

    public string Name => "query";

    public IReadOnlyList<byte[]> Samples { get; } =
    [
        [.. "key=user:1&wait=10"u8], [.. "key=a%20b+c&tag=x&tag=y&limit=100"u8], [.. "key=%C3%A9%F0%9F%98%80&wait=1.5"u8], [.. "tag=%2A&limit=1000&after=z"u8],
        [.. "KEY=a&key=b"u8], [.. "k%65y=a&=b&&c"u8], [.. "wait=30&limit=1"u8], [.. "key=a&soft=x&soft=%E2%82%AC"u8], [.. "wait=1e1&limit=%31"u8],
    ];

    public void Run(ReadOnlySpan<byte> input)
    {
        var query = new QueryText(input);
        var request = query.ToRequest();
        foreach (var name in Names)
        {
            var values = query.Values(name);
            var isTaken = Reference.Accepts(() => Query.All(request, name), query.Text, out var all);
            OracleException.Require(isTaken == query.IsSound, $"A query is {(isTaken ? "taken" : "refused")}.");
            OracleException.Require(!isTaken || values.SequenceEqual(all!), $"'{name}' is read in another way.");

            isTaken = Reference.Accepts(() => Query.One(request, name), query.Text, out var one);
            OracleException.Require(isTaken == (query.IsSound && values.Length <= 1), $"'{name}' is {(isTaken ? "taken" : "refused")}.");
            OracleException.Require(!isTaken || one == values.FirstOrDefault(), $"'{name}' is read in another way.");
        }

        Seconds(query, request);
        Count(query, request);
    }

    /// <summary>The number of seconds, or null if it is none that may be named.</summary>
    public static double? NumberOf(string text) => Number().IsMatch(text) ? double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) : null;

    private static void Seconds(QueryText query, HttpRequest request)
    {
        var values = query.Values("wait");
        var isTaken = Reference.Accepts(() => Query.Seconds(request, "wait", most: 30, otherwise: 10), query.Text, out var seconds);
        double? expected = !query.IsSound || values.Length > 1 ? null : values.Length == 0 ? 10 : NumberOf(values[0]) is >= 0 and <= 30 and var number ? number : null;
        OracleException.Require(isTaken == expected is not null, $"'wait' is {(isTaken ? "taken" : "refused")}.");
        OracleException.Require(!isTaken || seconds == expected, $"'wait' is {seconds}.");
    }

    private static void Count(QueryText query, HttpRequest request)
    {
        var values = query.Values("limit");
        var isTaken = Reference.Accepts(() => Query.Count(request, "limit", most: 1_000, otherwise: 100), query.Text, out var count);
        int? expected = !query.IsSound || values.Length > 1 ? null : values.Length == 0 ? 100 : WholeOf(values[0]) is >= 1 and <= 1_000 and var whole ? whole : null;
        OracleException.Require(isTaken == expected is not null, $"'limit' is {(isTaken ? "taken" : "refused")}.");
        OracleException.Require(!isTaken || count == expected, $"'limit' is {count}.");
    }

    private static int? WholeOf(string text) =>
        Whole().IsMatch(text) && text.TrimStart('+').TrimStart('0') is { Length: < 6 } digits ? digits.Aggregate(0, (sum, digit) => (10 * sum) + digit - '0') : null;

    [GeneratedRegex(
        @"\A[\t-\r ]*[+-]?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?|Infinity|NaN)[\t-\r ]*\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"\A\+?[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}
