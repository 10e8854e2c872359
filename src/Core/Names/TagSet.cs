namespace OrleansTagCache.Names;

/// <summary>Distinct checked tags in the order in which they were first named.</summary>
internal static class TagSet
{
    private const int MostCompared = 12;

    /// <summary>The tags of one call that addresses dependents (update, revalidate).</summary>
    /// <exception cref="ArgumentException">None at all, more than 128, or one that is not sound.</exception>
    public static string[] ForCall(IReadOnlyCollection<string> tags, string parameterName = "tags") => ForCall(tags, NameLimits.TagsPerCall, parameterName);

    /// <inheritdoc cref="ForCall(IReadOnlyCollection{string}, string)"/>
    /// <param name="tags">The tags.</param>
    /// <param name="most">How many there may be, instead of 128.</param>
    /// <param name="parameterName">Whose fault it is.</param>
    public static string[] ForCall(IReadOnlyCollection<string> tags, int most, string parameterName = "tags")
    {
        ArgumentNullException.ThrowIfNull(tags, parameterName);
        return tags.Count == 0
            ? throw new ArgumentException("At least 1 tag is required.", parameterName)
            : Distinct(tags, isForEntry: false, parameterName, most);
    }

    /// <summary>The tags that one call puts on an entry; none is fine.</summary>
    /// <exception cref="ArgumentException">More than 128, or one that is not sound or is <c>*</c>.</exception>
    public static string[] ForEntry(IReadOnlyCollection<string>? tags, string parameterName = "tags") =>
        ForEntry(tags, NameLimits.TagsPerCall, parameterName);

    /// <inheritdoc cref="ForEntry(IReadOnlyCollection{string}?, string)"/>
    /// <param name="tags">The tags.</param>
    /// <param name="most">How many there may be, instead of 128.</param>
    /// <param name="parameterName">Whose fault it is.</param>
    public static string[] ForEntry(IReadOnlyCollection<string>? tags, int most, string parameterName) =>
        tags is null or { Count: 0 } ? [] : Distinct(tags, isForEntry: true, parameterName, most);

    /// <summary>Says what is wrong with the whole of an entry's tags, or null when nothing is.</summary>
    public static string? FaultOfEntry(IReadOnlyCollection<string> tags)
    {
        if (tags.Count > NameLimits.TagsPerEntry)
        {
            return $"An entry may have at most {NameLimits.TagsPerEntry} tags; this one has {tags.Count}.";
        }

        foreach (var tag in tags)
        {
            if ((ForeignTag.Is(tag) ? ForeignTag.Fault(tag) : NameRules.Fault("tag", tag, NameLimits.TagLength)) is { } fault)
            {
                return fault;
            }

            if (tag == TagName.Everything.Value)
            {
                return "The tag '*' is reserved: it stands for every entry and cannot be put on one.";
            }
        }

        return null;
    }

    /// <summary>The same tags, each as the string that is among the held ones if it is: what refers to them keeps no second copy of what somebody holds anyway.</summary>
    public static string[] AsHeld(string[] tags, string[]? held) =>
        held is null or [] ? tags : Array.ConvertAll(tags, tag => Array.IndexOf(held, tag) is >= 0 and var at ? held[at] : tag);

    /// <summary>Whether a call can put it on an entry. What stands for a tag of another namespace (<see cref="ForeignTag"/>) comes with entries only, and no call can name it.</summary>
    public static bool IsSound(string? tag) => NameRules.Fault("tag", tag, NameLimits.TagLength) is null && tag != TagName.Everything.Value;

    private static string[] Distinct(IReadOnlyCollection<string> tags, bool isForEntry, string parameterName, int most = NameLimits.TagsPerCall)
    {
        if (tags.Count > most)
        {
            throw new ArgumentException($"A call may name at most {most} tags; this one names {tags.Count}.", parameterName);
        }

        // Each read of an entry comes here: a few names are compared in less time than a set of them is made.
        var seen = tags.Count > MostCompared ? new HashSet<string>(tags.Count, StringComparer.Ordinal) : null;
        var distinct = new string[tags.Count];
        var count = 0;
        foreach (var tag in tags)
        {
            var name = (isForEntry ? TagName.ParseForEntry(tag, parameterName) : TagName.Parse(tag, parameterName)).Value;
            if (seen?.Add(name) ?? !distinct.AsSpan(0, count).Contains(name))
            {
                distinct[count++] = name;
            }
        }

        return count == distinct.Length ? distinct : distinct[..count];
    }
}
