using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using OrleansTagCache.Names;

namespace OrleansTagCache.Http.Messages;

/// <summary>Reads parameters of a query: named once, sound text, of their type and in their range.</summary>
internal static class Query
{
    /// <summary>The one value of a parameter; null if it is not there.</summary>
    /// <exception cref="ArgumentException">It is named more than once, or is not UTF-8.</exception>
    public static string? One(HttpRequest request, string name)
    {
        var values = All(request, name);
        return values.Length <= 1 ? values.FirstOrDefault() : throw new ArgumentException($"'{name}' may be given once; this call gives it {values.Length} times.");
    }

    /// <summary>Every value of a parameter.</summary>
    /// <exception cref="ArgumentException">One is not UTF-8.</exception>
    public static string[] All(HttpRequest request, string name)
    {
        MustBeUtf8(request.QueryString.Value);
        return [.. request.Query[name].Select(value => value ?? string.Empty)];
    }

    /// <summary>The key of an entry.</summary>
    /// <exception cref="ArgumentException">It is not named once, or breaks a limit.</exception>
    public static string Key(HttpRequest request, int maximumLength) => CacheKey.Parse(One(request, "key"), maximumLength).Value;

    /// <summary>Seconds from 0 on, or the default if there are none.</summary>
    /// <exception cref="ArgumentException">It is not a number, or out of range.</exception>
    public static double Seconds(HttpRequest request, string name, double most, double otherwise)
    {
        if (One(request, name) is not { } text)
        {
            return otherwise;
        }

        return TryNumber(text, out var number) && number >= 0 && number <= most
            ? number
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"'{name}' must be a number from 0 to {most} seconds."));
    }

    /// <summary>A whole number from 1 on, or the default if there is none.</summary>
    /// <exception cref="ArgumentException">It is not a whole number, or out of range.</exception>
    public static int Count(HttpRequest request, string name, int most, int otherwise)
    {
        if (One(request, name) is not { } text)
        {
            return otherwise;
        }

        return IsPlain(text) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
            ? number
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"'{name}' must be a whole number from 1 to {most}."));
    }

    /// <summary>Whether it is <c>true</c>, or the default if neither that nor <c>false</c> is said.</summary>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public static bool Flag(HttpRequest request, string name, bool otherwise) => One(request, name) switch
    {
        null => otherwise,
        "true" => true,
        "false" => false,
        _ => throw new ArgumentException($"'{name}' must be true or false."),
    };

    /// <summary>The text as a number; it may be negative or NaN.</summary>
    public static bool TryNumber(string text, out double number)
    {
        number = 0;
        return IsPlain(text) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>The parsers of numbers pass over zero characters at the end, and over any white space of Unicode around an infinity.</summary>
    private static bool IsPlain(string text) => Ascii.IsValid(text) && !text.Contains('\0', StringComparison.Ordinal);

    /// <summary>
    /// The server leaves escapes that are no UTF-8 as they are, so that two different queries would name one key. They are refused instead.
    /// </summary>
    private static void MustBeUtf8(string? query)
    {
        var text = query ?? string.Empty;
        var bytes = new ArrayBufferWriter<byte>(text.Length + 1);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                Encoding.UTF8.GetBytes(text.AsSpan(i, 1), bytes);
            }
            else if (i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2])
                && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var escaped))
            {
                bytes.Write([escaped]);
                i += 2;
            }
            else
            {
                throw new ArgumentException("The query contains a '%' that is not followed by two hexadecimal digits; write '%25' for the character itself.");
            }
        }

        if (!Utf8.IsValid(bytes.WrittenSpan))
        {
            throw new ArgumentException("The query is not UTF-8: escape each byte of it as %XX.");
        }
    }
}
