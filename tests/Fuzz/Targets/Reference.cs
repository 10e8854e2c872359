using System.Buffers;
using System.Text;
using System.Text.Unicode;
using OrleansTagCache.Fuzz.Engine;

namespace OrleansTagCache.Fuzz.Targets;

/// <summary>The rules of names once more, said in another way.</summary>
internal static class Reference
{
    public static bool IsSound(string? text, int most) => text is { Length: > 0 } && text.Length <= most && !text.Any(IsControl) && IsUnicode(text);

    /// <summary>A sound name that is made of the text.</summary>
    public static string Sound(string text, int most)
    {
        var sound = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (sound.Length + rune.Utf16SequenceLength <= most && !(rune.IsBmp && IsControl((char)rune.Value)))
            {
                sound.Append(rune);
            }
        }

        return sound.Length == 0 ? "x" : sound.ToString();
    }

    /// <summary>The text with each lone surrogate replaced.</summary>
    public static string Unicode(string text) => string.Concat(text.EnumerateRunes());

    /// <summary>Runs it, and returns the <see cref="ArgumentException"/> that says what is wrong; it must not repeat the text.</summary>
    public static bool Accepts<T>(Func<T> parse, string? text, out T? value)
    {
        try
        {
            value = parse();
            return true;
        }
        catch (ArgumentException exception)
        {
            value = default;
            TellsNothing(exception.Message, text);
            return false;
        }
    }

    /// <summary>A message is printable ASCII and has nothing of the text in it: what is refused for a unit that is neither cannot be there either.</summary>
    public static void TellsNothing(string message, string? text)
    {
        OracleException.Require(message.All(unit => unit is >= ' ' and <= '~'), $"A message is not printable ASCII: {Wtf8.Literal(message)}");
        OracleException.Require(!message.Contains(Pieces.Marker, StringComparison.OrdinalIgnoreCase), $"A message repeats its input: {message}");
        OracleException.Require(text is not { Length: > 16 } || !message.Contains(text, StringComparison.Ordinal), $"A message repeats its input: {message}");
    }

    private static bool IsControl(char unit) => unit is < '\u0020' or (>= '\u007F' and <= '\u009F');

    private static bool IsUnicode(string text) =>
        Utf8.FromUtf16(text, new byte[3 * text.Length], out _, out _, replaceInvalidSequences: false) == OperationStatus.Done;
}
