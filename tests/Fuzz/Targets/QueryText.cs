using System.Globalization;
using System.Text;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>A query as it can come from the server, printable ASCII, and what it says by a decoder of our own.</summary>
internal sealed class QueryText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly List<(string Name, string Value)> _parameters = [];

    public QueryText(ReadOnlySpan<byte> input)
    {
        var text = new StringBuilder("?");
        foreach (var unit in input)
        {
            text.Append(unit is >= 0x21 and <= 0x7E and not (byte)'#' ? $"{(char)unit}" : string.Create(CultureInfo.InvariantCulture, $"%{unit:X2}"));
        }

        Text = text.ToString();
        IsSound = Decode(Text[1..]) is not null;
        foreach (var parameter in Text[1..].Split('&'))
        {
            if (parameter.Length > 0 && IsSound)
            {
                var parts = parameter.Split('=', 2);
                _parameters.Add((Decode(parts[0])!, parts.Length == 1 ? string.Empty : Decode(parts[1])!));
            }
        }
    }

    public string Text { get; }

    /// <summary>Whether every escape is one, and the bytes are strict UTF-8.</summary>
    public bool IsSound { get; }

    public string[] Values(string name) =>
        [.. _parameters.Where(parameter => string.Equals(parameter.Name, name, StringComparison.OrdinalIgnoreCase)).Select(parameter => parameter.Value)];

    public HttpRequest ToRequest()
    {
        var http = new DefaultHttpContext();
        http.Request.QueryString = new(Text);
        return http.Request;
    }

    private static string? Decode(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2]))
                {
                    return null;
                }

                bytes.Add((byte)((Convert.FromHexString([text[i + 1], text[i + 2]])[0])));
                i += 2;
            }
            else
            {
                bytes.Add((byte)(text[i] == '+' ? ' ' : text[i]));
            }
        }

        try
        {
            return Strict.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
