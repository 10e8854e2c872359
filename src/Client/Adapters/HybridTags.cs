using OrleansTagCache.Names;

namespace OrleansTagCache.Adapters;

/// <summary>
/// The tags of one call, whose contract sets them no limits: those that can be tags, and what keeps the value from being stored under all of them. White space is no tag, since
/// no call can remove by it.
/// </summary>
/// <param name="Sound">Distinct, and as they were when the call was made: the caller may change them afterwards.</param>
/// <param name="Fault">Why a value that is to bear them cannot be stored, or null.</param>
internal readonly record struct HybridTags(string[] Sound, string? Fault)
{
    /// <exception cref="ArgumentException">One is <c>*</c>, as in Microsoft's implementation.</exception>
    public static HybridTags Of(IEnumerable<string>? tags)
    {
        if (tags is null)
        {
            return new([], null);
        }

        string? fault = null;
        var sound = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tag in tags)
        {
            if (string.IsNullOrWhiteSpace(tag))
            {
                continue;
            }

            if (NameRules.Fault("tag", tag, NameLimits.TagLength) is { } unsound)
            {
                fault ??= unsound;
                continue;
            }

            sound.Add(TagName.ParseForEntry(tag, nameof(tags)).Value);
        }

        return new([.. sound], fault ?? TagSet.FaultOfEntry(sound));
    }

    /// <summary>Whether an entry may bear the tag, or it is <c>*</c>: removing by any other does nothing.</summary>
    public static bool IsTag(string? tag) => !string.IsNullOrWhiteSpace(tag) && NameRules.Fault("tag", tag, NameLimits.TagLength) is null;
}
