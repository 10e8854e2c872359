using System.Globalization;

namespace OrleansTagCache.Names;

/// <summary>The one check behind every name: its length, and that its text is sound.</summary>
internal static class NameRules
{
    /// <summary>Says what is wrong with a name, or null when nothing is. The fault never repeats the name itself.</summary>
    public static string? Fault(string what, string? text, int maximumLength)
    {
        if (text is null)
        {
            return $"A {what} must not be null.";
        }

        if (text.Length == 0)
        {
            return $"A {what} must have at least 1 UTF-16 unit; this one is empty.";
        }

        if (text.Length > maximumLength)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"A {what} may have at most {maximumLength} UTF-16 units; this one has {text.Length}.");
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"A {what} must not contain control characters; this one has U+{(int)text[i]:X4} at unit {i}.");
            }

            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"A {what} must not contain lone surrogates; this one has U+{(int)text[i]:X4} at unit {i}.");
            }

            i++;
        }

        return null;
    }

    /// <summary>Returns the name if it is sound.</summary>
    /// <exception cref="ArgumentException">It is not; the message names the rule and, for a length, the limit and the value.</exception>
    public static string Check(string what, string? text, int maximumLength, string parameterName) =>
        Fault(what, text, maximumLength) is { } fault
            ? throw (text is null ? new ArgumentNullException(parameterName, fault) : new ArgumentException(fault, parameterName))
            : text!;
}
