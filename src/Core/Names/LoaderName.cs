namespace OrleansTagCache.Names;

/// <summary>
/// The name of a loader, and with an argument the key of the entry that it makes: the name, a colon, the argument. A name has no colon, so
/// no two pairs make one key.
/// </summary>
internal readonly record struct LoaderName
{
    private const char Separator = ':';

    private LoaderName(string value) => Value = value;

    public string Value { get; }

    /// <exception cref="ArgumentException">Empty, over the limit, not sound text, or with a colon.</exception>
    public static LoaderName Parse(string? text, string parameterName = "loader")
    {
        var name = NameRules.Check("loader name", text, NameLimits.LoaderNameLength, parameterName);
        return name.Contains(Separator, StringComparison.Ordinal)
            ? throw new ArgumentException("A loader name must not contain a colon: in the key, a colon separates the name and the argument.", parameterName)
            : new(name);
    }

    /// <summary>The key of what the loader makes of that argument, which may be empty.</summary>
    public string KeyOf(string argument) => $"{Value}{Separator}{argument}";

    /// <summary>Takes the key of an entry that a loader made apart again.</summary>
    /// <exception cref="FormatException">It has no colon, or nothing before it.</exception>
    public static (LoaderName Name, string Argument) Split(string key) =>
        key.IndexOf(Separator, StringComparison.Ordinal) is var colon and > 0
            ? (new(key[..colon]), key[(colon + 1)..])
            : throw new FormatException("The key is not a loader's name, a colon and an argument.");

    public override string ToString() => Value;
}
