using System.Text;
using OrleansTagCache.Contracts;

namespace OrleansTagCache.Serialization;

/// <summary>The forms in which values travel.</summary>
internal enum FormatKind : byte
{
    /// <summary>JSON, with options.</summary>
    Json = 0,

    /// <summary>A string, as its characters.</summary>
    Text = 1,

    /// <summary>An array of bytes, as it is.</summary>
    Bytes = 2,

    /// <summary>Whatever the type's own serializer makes.</summary>
    Own = 3,
}

/// <summary>What the media type of a value that a program stored over HTTP says of how it may be read.</summary>
internal static class ContentTypes
{
    /// <summary>Throws at bytes that are not text: replacing them would make a value that was never stored.</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Whether a body may be read in a form: as JSON if it says so, or nothing, or what curl says of any body; as text unless it says that it is bytes; as bytes, and by a
    /// serializer of the reader's own, always.
    /// </summary>
    public static bool Allow(FormatKind kind, string? contentType)
    {
        var media = contentType.AsSpan();
        if (media.IndexOf(';') is >= 0 and var end)
        {
            media = media[..end];
        }

        media = media.Trim();
        return kind switch
        {
            FormatKind.Json => media.IsEmpty || Is(media, "application/json") || Is(media, "text/json") || Is(media, "application/x-www-form-urlencoded")
                || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase),
            FormatKind.Text => !Is(media, PayloadSerializer.Binary),
            _ => true,
        };

        static bool Is(ReadOnlySpan<char> media, string known) => media.Equals(known, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>How a body is text.</summary>
    /// <exception cref="ArgumentException">It names an encoding that is not known.</exception>
    public static Encoding EncodingOf(string? contentType, TypeMark madeAs)
    {
        if (!madeAs.IsNone || contentType is not { } type || type.IndexOf("charset=", StringComparison.OrdinalIgnoreCase) is not (>= 0 and var at))
        {
            return Utf8;
        }

        var name = type.AsSpan(at + "charset=".Length);
        name = (name.IndexOf(';') is >= 0 and var end ? name[..end] : name).Trim().Trim('"');
        return name.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            ? Utf8
            : Encoding.GetEncoding(name.ToString(), EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
    }
}
