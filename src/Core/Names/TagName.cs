namespace OrleansTagCache.Names;

/// <summary>The name of a tag within its namespace: checked text, case-sensitive, compared by ordinal.</summary>
internal readonly record struct TagName
{
    /// <summary>Stands for every entry of the namespace. Every entry carries it; no call may put it on one.</summary>
    public static readonly TagName Everything = new("*");

    private TagName(string value) => Value = value;

    public string Value { get; }

    /// <summary>A tag to address dependents by; <c>*</c> is one.</summary>
    /// <exception cref="ArgumentException">Empty, over 256 UTF-16 units, or not sound text.</exception>
    public static TagName Parse(string? text, string parameterName = "tag") =>
        new(NameRules.Check("tag", text, NameLimits.TagLength, parameterName));

    /// <summary>A tag to put on an entry; <c>*</c> is not one.</summary>
    /// <exception cref="ArgumentException">As <see cref="Parse"/>, or the tag is <c>*</c>.</exception>
    public static TagName ParseForEntry(string? text, string parameterName = "tag") =>
        text == "*"
            ? throw new ArgumentException("The tag '*' is reserved: it stands for every entry and cannot be put on one.", parameterName)
            : Parse(text, parameterName);

    public override string ToString() => Value;
}
