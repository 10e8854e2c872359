using System.Globalization;
using System.Text.Json;

namespace OrleansTagCache.Http.Hooks;

/// <summary>
/// A tag with parts that are taken from a JSON body: <c>product:{/product/id}</c>. A part in braces is a JSON pointer (RFC 6901) to a text, a number, or an array of
/// those, which makes a tag of each; <c>*</c> in a pointer stands for every element of an array.
/// </summary>
internal sealed class TagTemplate
{
    private readonly string _text;
    private readonly (string Before, string[]? Pointer)[] _parts;

    private TagTemplate(string text, (string Before, string[]? Pointer)[] parts) => (_text, _parts) = (text, parts);

    /// <summary>Whether it takes anything from the body.</summary>
    public bool NeedsBody => _parts.Any(part => part.Pointer is not null);

    /// <summary>What is wrong with a template, or null if nothing is.</summary>
    public static string? Fault(string text)
    {
        try
        {
            Parse(text);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }

    /// <exception cref="FormatException">A brace is not closed, or what it has in it is no pointer, or the text is no tag.</exception>
    public static TagTemplate Parse(string text)
    {
        var parts = new List<(string Before, string[]? Pointer)>();
        var rest = text.AsSpan();
        while (rest.IndexOf('{') is var open and >= 0)
        {
            var length = rest[open..].IndexOf('}');
            if (length < 0)
            {
                throw new FormatException("a brace is not closed.");
            }

            parts.Add((rest[..open].ToString(), Pointer(rest.Slice(open + 1, length - 1).ToString())));
            rest = rest[(open + length + 1)..];
        }

        parts.Add((rest.ToString(), null));
        var template = new TagTemplate(text, [.. parts]);
        return template.NeedsBody || Names.NameRules.Fault("tag", text, NameLimits.TagLength) is not { } fault ? template : throw new FormatException(fault);
    }

    /// <summary>The tags of a body. They are not checked as tags yet, but a body cannot make <c>*</c>.</summary>
    /// <exception cref="ArgumentException">The body has not what the template takes from it, or it makes more than 128 tags.</exception>
    public IEnumerable<string> Fill(JsonElement body)
    {
        string[] tags = [string.Empty];
        foreach (var (before, pointer) in _parts)
        {
            string[] values = pointer is null ? [string.Empty] : [.. Values(body, pointer)];
            if ((long)tags.Length * values.Length > NameLimits.TagsPerCall)
            {
                throw new ArgumentException($"The template '{_text}' makes more than {NameLimits.TagsPerCall} tags of this body.");
            }

            tags = [.. from tag in tags from value in values select $"{tag}{before}{value}"];
        }

        return NeedsBody && tags.Contains("*")
            ? throw new ArgumentException($"The template '{_text}' makes '*' of this body; only a hook's own text may name it.")
            : tags;
    }

    private static string[] Pointer(string text) =>
        !text.StartsWith('/') ? throw new FormatException("what is in braces must be a JSON pointer, which begins with '/'.")
        : text.Replace("~0", string.Empty, StringComparison.Ordinal).Replace("~1", string.Empty, StringComparison.Ordinal).Contains('~', StringComparison.Ordinal)
            ? throw new FormatException("a '~' of a JSON pointer is written '~0'.")
            : [.. text[1..].Split('/').Select(token => token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];

    private IEnumerable<string> Values(JsonElement body, string[] pointer)
    {
        var found = Follow(body, pointer).SelectMany(element => element.ValueKind == JsonValueKind.Array ? element.EnumerateArray() : Enumerable.Repeat(element, 1));
        var any = false;
        foreach (var element in found.Take(NameLimits.TagsPerCall + 1))
        {
            any = true;
            yield return element.ValueKind switch
            {
                JsonValueKind.String => element.GetString()!,
                JsonValueKind.Number => element.GetRawText(),
                _ => throw Missing(),
            };
        }

        if (!any)
        {
            throw Missing();
        }

        ArgumentException Missing() => new($"The template '{_text}' needs a text or a number, or an array of those, at '/{string.Join('/', pointer)}' of the body.");
    }

    private static IEnumerable<JsonElement> Follow(JsonElement element, ReadOnlySpan<string> pointer)
    {
        if (pointer.IsEmpty)
        {
            return [element];
        }

        var (token, rest) = (pointer[0], pointer[1..].ToArray());
        if (element.ValueKind == JsonValueKind.Object)
        {
            return element.TryGetProperty(token, out var member) ? Follow(member, rest) : [];
        }

        if (element.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        if (token == "*")
        {
            return element.EnumerateArray().SelectMany(item => Follow(item, rest));
        }

        // An index has no leading zeros.
        return (token is "0" || !token.StartsWith('0')) && int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < element.GetArrayLength()
            ? Follow(element[index], rest)
            : [];
    }
}
