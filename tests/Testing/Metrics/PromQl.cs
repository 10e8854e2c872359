using System.Text.RegularExpressions;

namespace OrleansTagCache.Testing;

/// <summary>An expression of Prometheus, read as far as boards and alerts need it: what it asks for, and which labels it uses.</summary>
internal sealed partial class PromQl
{
    private static readonly string[] Aggregations = ["sum", "min", "max", "avg", "count"];
    private static readonly string[] Functions = ["rate", "increase", "histogram_quantile", "vector", "absent", "min_over_time", "max_over_time"];
    private static readonly string[] RangeFunctions = ["rate", "increase", "min_over_time", "max_over_time"];
    private static readonly string[] Operators = ["+", "-", "*", "/", ">", "<", ">=", "<=", "==", "!=", "and", "or", "unless"];

    private readonly string _text;
    private readonly string[] _tokens;
    private int _next;

    /// <exception cref="FormatException">It is not well formed, or of a kind that is not read here.</exception>
    public PromQl(string text)
    {
        _text = text;
        var matches = Token().Matches(text);
        if (matches.Sum(match => match.Length) != text.Length)
        {
            throw Wrong("it holds what is no word of the language");
        }

        _tokens = [.. matches.Select(match => match.Value).Where(token => !string.IsNullOrWhiteSpace(token))];
        Expression();
        if (_next < _tokens.Length)
        {
            throw Wrong($"nothing may follow before '{_tokens[_next]}'");
        }
    }

    /// <summary>The series that are asked for, each with the labels that it is chosen by, and their patterns.</summary>
    public List<(string Series, Dictionary<string, string> Labels)> Selectors { get; } = [];

    /// <summary>The labels that are grouped by, each with a series that has to have it.</summary>
    public List<(string Series, string Label)> Grouping { get; } = [];

    private string Now => _next < _tokens.Length ? _tokens[_next] : string.Empty;

    private void Expression()
    {
        Operand();
        while (Operators.Contains(Now))
        {
            _next++;
            Operand();
        }
    }

    private void Operand()
    {
        var token = Take();
        if (token == "(")
        {
            Expression();
            Take(")");
        }
        else if (Aggregations.Contains(token))
        {
            Aggregation();
        }
        else if (Functions.Contains(token) && Now == "(")
        {
            Arguments(isOfRanges: RangeFunctions.Contains(token));
        }
        else if (Series().IsMatch(token))
        {
            Selector(token, isRange: false);
        }
        else if (!char.IsAsciiDigit(token[0]))
        {
            throw Wrong($"'{token}' is no operand");
        }
    }

    private void Aggregation()
    {
        string[] labels = [];
        if (Now == "by")
        {
            _next++;
            labels = Labels();
        }

        var first = Selectors.Count;
        Arguments(isOfRanges: false);
        Grouping.AddRange(Selectors[first..].SelectMany(selector => labels.Select(label => (selector.Series, label))));
    }

    private void Arguments(bool isOfRanges)
    {
        Take("(");
        do
        {
            if (isOfRanges)
            {
                Selector(Take(), isRange: true);
            }
            else
            {
                Expression();
            }
        }
        while (TryTake(","));
        Take(")");
    }

    private void Selector(string series, bool isRange)
    {
        Dictionary<string, string> labels = [];
        if (TryTake("{"))
        {
            do
            {
                var label = Take();
                if (Take() is not ("=" or "=~" or "!=" or "!~") || Take() is not ['"', .. var pattern, '"'] || !labels.TryAdd(label, pattern))
                {
                    throw Wrong($"{label} is not compared with a text");
                }
            }
            while (TryTake(","));
            Take("}");
        }

        if (TryTake("["))
        {
            if (!isRange || !Duration().IsMatch(Take()))
            {
                throw Wrong($"{series} has a range where none may be, or one that is no time");
            }

            Take("]");
        }
        else if (isRange)
        {
            throw Wrong($"{series} needs a range");
        }

        Selectors.Add((series, labels));
    }

    private string[] Labels()
    {
        List<string> labels = [];
        Take("(");
        do
        {
            labels.Add(Take());
        }
        while (TryTake(","));
        Take(")");
        return [.. labels];
    }

    private string Take() => _next < _tokens.Length ? _tokens[_next++] : throw Wrong("it has no end");

    private void Take(string token)
    {
        if (Take() is var taken && taken != token)
        {
            throw Wrong($"'{token}' must be where '{taken}' is");
        }
    }

    private bool TryTake(string token)
    {
        var isThere = Now == token;
        _next += isThere ? 1 : 0;
        return isThere;
    }

    private FormatException Wrong(string why) => new($"{_text}: {why}.");

    [GeneratedRegex("""\s+|\$?[A-Za-z_]\w*|[0-9]+(\.[0-9]+)?[smhd]?|"[^"]*"|[=!]~|[<>=!]=|[-+*/<>=(){}\[\],]""")]
    private static partial Regex Token();

    [GeneratedRegex(@"^[a-z]\w+$")]
    private static partial Regex Series();

    [GeneratedRegex(@"^([0-9]+[smhd]|\$__rate_interval)$")]
    private static partial Regex Duration();
}
