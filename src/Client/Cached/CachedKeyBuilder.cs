using System.ComponentModel;
using System.Globalization;
using System.Runtime.CompilerServices;
using OrleansTagCache.Names;

namespace OrleansTagCache.Cached;

/// <summary>
/// Writes the key of a cached method: its name, a colon, and its arguments between commas. Generated code calls it. No two lists of arguments of one method have the same text: text is in quotes, with escapes for quotes, control characters and lone
/// surrogates; everything else is formatted in the invariant culture, and has none of the characters that separate.
/// </summary>
/// <remarks>A key that is longer than <see cref="NameLimits.KeyLength"/> becomes the beginning of its name and the SHA-256 of the whole.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct CachedKeyBuilder
{
    /// <summary>What a digest has beside it, so that a person sees whose it is.</summary>
    private const int LongestNameOfDigest = 512;

    private const string Null = "null";

    private readonly string _name;
    private DefaultInterpolatedStringHandler _text;
    private bool _isFirst = true;
    private bool _isOutermost = true;

    /// <summary>Begins a key.</summary>
    /// <param name="name">The name of the method: sound text without a colon.</param>
    public CachedKeyBuilder(string name)
    {
        _name = name;
        _text = new(literalLength: name.Length, formattedCount: 4, CultureInfo.InvariantCulture);
        _text.AppendLiteral(name);
    }

    /// <summary>Adds text.</summary>
    /// <param name="value">Any text, or null.</param>
    public void Add(string? value)
    {
        Separate();
        if (value is null)
        {
            _text.AppendLiteral(Null);
        }
        else
        {
            Quote(value);
        }
    }

    /// <summary>Adds a character.</summary>
    /// <param name="value">Any UTF-16 unit.</param>
    public void Add(char value)
    {
        Separate();
        Quote([value]);
    }

    /// <summary>Adds a truth value.</summary>
    /// <param name="value">The value.</param>
    public void Add(bool value)
    {
        Separate();
        _text.AppendLiteral(value ? "true" : "false");
    }

    /// <summary>Adds a number, an identifier or a time.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="format">The format that loses nothing, if it is not the usual one.</param>
    public void Add<T>(T value, string? format = null)
        where T : struct, ISpanFormattable
    {
        Separate();
        _text.AppendFormatted(value, format);
    }

    /// <summary>Adds a type, by its name with the namespace and without the assembly.</summary>
    /// <param name="value">The type.</param>
    public void Add(Type value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Add(value.ToString());
    }

    /// <summary>Adds that there is no value.</summary>
    public void AddNull()
    {
        Separate();
        _text.AppendLiteral(Null);
    }

    /// <summary>Begins the items of a list, or the members of a value.</summary>
    public void Begin()
    {
        Separate();
        _text.AppendLiteral("[");
        _isFirst = true;
    }

    /// <summary>Ends what was begun last.</summary>
    public void End()
    {
        _text.AppendLiteral("]");
        _isFirst = false;
    }

    /// <summary>Ends the key; the builder must not be used again.</summary>
    /// <returns>The key.</returns>
    public string ToKey()
    {
        var key = _text.ToStringAndClear();
        return key.Length <= NameLimits.KeyLength ? key : $"{Beginning()}:#{NameDigest.Of(key)}";
    }

    private readonly string Beginning()
    {
        if (_name.Length <= LongestNameOfDigest)
        {
            return _name;
        }

        return _name[..(char.IsHighSurrogate(_name[LongestNameOfDigest - 1]) ? LongestNameOfDigest - 1 : LongestNameOfDigest)];
    }

    private void Separate()
    {
        if (_isOutermost)
        {
            _text.AppendLiteral(":");
            (_isOutermost, _isFirst) = (false, false);
            return;
        }

        if (!_isFirst)
        {
            _text.AppendLiteral(",");
        }

        _isFirst = false;
    }

    private void Quote(scoped ReadOnlySpan<char> text)
    {
        _text.AppendLiteral("\"");
        var begin = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                i++;
                continue;
            }

            if (text[i] is not ('"' or '\\') && !char.IsControl(text[i]) && !char.IsSurrogate(text[i]))
            {
                continue;
            }

            _text.AppendFormatted(text[begin..i]);
            _text.AppendLiteral("\\u");
            _text.AppendFormatted((int)text[i], "X4");
            begin = i + 1;
        }

        _text.AppendFormatted(text[begin..]);
        _text.AppendLiteral("\"");
    }
}
