using System.Text.RegularExpressions;

namespace OrleansTagCache.Paths;

/// <summary>
/// The one form of the path of an address, for all that programs, link generators, browsers and logs give: with and without percent-encoding, a query, a slash at the
/// end, slashes in a row, dot segments; in any case. Where a text may be two addresses, the two have one form: rather one page too many is expired than one too few.
/// </summary>
internal static partial class AddressForm
{
    /// <summary>No real address is encoded so often; the bound stops those who would have it decoded for ever.</summary>
    private const int MostDecodings = 16;

    /// <summary>Of what a server was asked for, or what its pipeline made of it: a path, decoded or not.</summary>
    public static string Of(string path)
    {
        List<string> segments = [];
        foreach (var segment in Before(path, '?', '#').Split('/'))
        {
            switch (Decoded(segment))
            {
                case ".":
                    break;
                case ".." when segments.Count > 0:
                    segments.RemoveAt(segments.Count - 1);
                    break;
                case "..":
                    break;
                case var decoded:
                    segments.Add(decoded);
                    break;
            }
        }

        // Decoding may have brought out what has a meaning: the server has decoded once before it asked, or the caller has.
        var found = Before(string.Join('/', segments), '?', '#').Split('/', '\\').Where(segment => segment.Length > 0);
        return "/" + Folded(string.Join('/', found));
    }

    /// <summary>Of what somebody gives who means a page: a path, one below the application's base (<c>~/</c>), or an address with scheme and host. A text that begins with two slashes may be either.</summary>
    /// <exception cref="ArgumentException">It is neither of these, or is a pattern, or has dot segments that other servers would not see.</exception>
    public static string[] Parse(string address, string parameterName)
    {
        if (address.AsSpan().IndexOfAny('{', '}') >= 0)
        {
            throw new ArgumentException("A path must not contain braces. For a route pattern pass PathKind.Page or PathKind.Layout; encode braces of the path itself as %7B and %7D.", parameterName);
        }

        string[] forms = address.StartsWith("~/", StringComparison.Ordinal) ? [Of(address[1..])]
            : address.StartsWith("//", StringComparison.Ordinal) ? [.. new[] { Of(address), Of(BehindHost(address[2..])) }.Distinct(StringComparer.Ordinal)]
            : address.StartsWith('/') ? [Of(address)]
            : address.IndexOf("://", StringComparison.Ordinal) is var colon and > 0 && address[..colon].ToUpperInvariant() is "HTTP" or "HTTPS" ? [Of(BehindHost(address[(colon + 3)..]))]
            : throw new ArgumentException("A path must begin with '/' or '~/', or be a complete http or https address.", parameterName);
        return Array.Exists(forms, form => form.Split('/').Any(segment => segment is "." or ".."))
            ? throw new ArgumentException("A path must not have a dot segment after an encoded slash or a backslash: servers read it differently.", parameterName)
            : forms;
    }

    /// <summary>Decoded until nothing is left to decode, since it is not known how often it was. A plus sign may be a space.</summary>
    public static string Decoded(string text)
    {
        var decoded = text.Contains('%', StringComparison.Ordinal) ? EncodedPercents().Replace(text, "%") : text;
        for (var count = 0; count < MostDecodings && decoded.Contains('%', StringComparison.Ordinal); count++)
        {
            var before = decoded;
            decoded = Uri.UnescapeDataString(before);
            if (decoded == before)
            {
                break;
            }
        }

        return decoded.Replace('+', ' ');
    }

    /// <summary>Without case: equal wherever routes or keys of output caching, which are in upper case, are.</summary>
    public static string Folded(string text) => text.ToUpperInvariant().ToLowerInvariant();

    private static string BehindHost(string rest) => rest.AsSpan().IndexOfAny('/', '?', '#') is var end and >= 0 ? rest[end..] : "/";

    private static string Before(string text, char one, char other) => text.AsSpan().IndexOfAny(one, other) is var end and >= 0 ? text[..end] : text;

    [GeneratedRegex("%(?:25)+", RegexOptions.NonBacktracking)]
    private static partial Regex EncodedPercents();
}
