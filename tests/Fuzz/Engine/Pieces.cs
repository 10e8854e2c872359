using System.Text;

namespace OrleansTagCache.Fuzz.Engine;

/// <summary>What has broken parsers before: pieces to put into inputs.</summary>
internal static class Pieces
{
    /// <summary>Part of a text that no message of the product holds, so that an echo is found.</summary>
    public const string Marker = "zqxjmarker";

    private static readonly string[] Texts =
    [
        Marker, ":", "*", "1:", "0:", "01:", "2:a", "64:", "65:", "-1:", "+1:", "2147483648:",
        "/", "?", "&", "=", "+", "-", "_", "%", "%%", "%0", "%00", "%FF", "%C3%A9",
        "%C3", "%A9", "%C0%80", "%E0%80%80", "%ED%A0%80", "%F4%90%80%80", "%F0%9F%98%80", "%u0041", "%GG", "%2525", "%26", "%3D", "%20", "%0A", "%C2%85", "==",
        "0", "-0", "1", "-1", "30", "31", "1e309", "-1e-300", "1e11", "1e12", "0x10", "1,5", "1.5", ".5", "5.", "NaN", "Infinity", "-Infinity", "9223372036854775808",
        "2147483647", "1e-324", "\0", "\u001B", "\u007F", "\u0085", "\u00A0", "\u200B", "\u202E", "\u2028", "\uFEFF", "\uFFFD", "\uFFFF", "e\u0301", "\u0130", "😀", "\r\n", " ", "\t",
        "{", "}", "[", "]", "\"", "\\", "null", "true", "{}", "[]", "\\u0000", "\\ud800", "\\udc00", "\\ud83d\\ude00", "/**/", "//", ",", ",,",
        "\"tags\":", "\"Tags\":", "\"\\u0074ags\":", "\"\\ud800\":", "\"profile\":", "\"expire\":", "\"$type\":", "\"a\"", "[\"a\",\"b\"]",
        "key=", "tag=", "life=", "stale=", "revalidate=", "expire=", "wait=", "limit=", "after=", "hours", "max", "text/html; charset=utf-8", "application/json",
    ];

    /// <summary>Each piece as bytes; those that are no UTF-8 are among them.</summary>
    public static readonly byte[][] All =
    [
        .. Texts.Select(Encoding.UTF8.GetBytes),
        [InputReader.End], [InputReader.End, InputReader.End], [InputReader.Null],
        [0xED, 0xA0, 0x80], [0xED, 0xB0, 0x80], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], [0xC0, 0x80], [0xE0, 0x80, 0xAF], [0xF4, 0x90, 0x80, 0x80], [0xF8], [0xFF],
        [0xEF, 0xBB, 0xBF], [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0x00, 0x00, 0x00, 0x80], [0xE0], [0xE1], [0x80, 0x80, 0x80, 0x80],
    ];
}
