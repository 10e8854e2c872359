using System.Globalization;
using System.Text;

namespace OrleansTagCache.Fuzz.Engine;

/// <summary>Text of any bytes: UTF-8 in which surrogates may stand alone; a byte that is no part of it stands for the unit of its number.</summary>
internal static class Wtf8
{
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            var length = LengthOf(bytes);
            var point = length switch
            {
                2 => ((bytes[0] & 0x1F) << 6) | (bytes[1] & 0x3F),
                3 => ((bytes[0] & 0x0F) << 12) | ((bytes[1] & 0x3F) << 6) | (bytes[2] & 0x3F),
                4 => ((bytes[0] & 0x07) << 18) | ((bytes[1] & 0x3F) << 12) | ((bytes[2] & 0x3F) << 6) | (bytes[3] & 0x3F),
                _ => bytes[0],
            };
            if (point > char.MaxValue)
            {
                text.Append(char.ConvertFromUtf32(point));
            }
            else
            {
                text.Append((char)point);
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>The text as a literal of C#, every unit that is not printable ASCII escaped.</summary>
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (var unit in text)
        {
            literal.Append(unit is '"' or '\\' ? $"\\{unit}" : unit is >= ' ' and <= '~' ? $"{unit}" : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}"));
        }

        return literal.Append('"').ToString();
    }

    private static int LengthOf(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [>= 0xC2 and <= 0xDF, var a, ..] when Continues(a) => 2,
        [0xE0, >= 0xA0 and <= 0xBF, var b, ..] when Continues(b) => 3,
        [>= 0xE1 and <= 0xEF, var a, var b, ..] when Continues(a) && Continues(b) => 3,
        [0xF0, >= 0x90 and <= 0xBF, var b, var c, ..] when Continues(b) && Continues(c) => 4,
        [>= 0xF1 and <= 0xF3, var a, var b, var c, ..] when Continues(a) && Continues(b) && Continues(c) => 4,
        [0xF4, >= 0x80 and <= 0x8F, var b, var c, ..] when Continues(b) && Continues(c) => 4,
        _ => 1,
    };

    private static bool Continues(byte b) => (b & 0xC0) == 0x80;
}
