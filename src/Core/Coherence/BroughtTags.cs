namespace OrleansTagCache.Coherence;

/// <summary>The soft tags that were updated between the making of a value, or a moment before that, and its coming to this silo, whose stamps say nothing of that time. To their readers the value is a miss, also if a tag was only revalidated.</summary>
/// <param name="names">Their names; null if it is not known which.</param>
/// <remarks>Immutable.</remarks>
internal sealed class BroughtTags(string[]? names)
{
    /// <summary>What a value keeps that came with these; null for nothing.</summary>
    public static BroughtTags? Of(string[]? names) => names is [] ? null : new(names);

    /// <summary>Their names; null if it is not known which.</summary>
    public string[]? Names => names;

    /// <summary>Whether none of a reader's soft tags is known or suspected to be among them.</summary>
    public bool Admits(ReadOnlySpan<string> soft) => names is null ? soft.IsEmpty : !soft.ContainsAny(names);
}
