namespace OrleansTagCache.Ownership;

/// <summary>The types of the grains that belong to silos: those of entries and of tags.</summary>
internal static class OwnedGrains
{
    public const string Entry = "otc.entry";

    public const string Tag = "otc.tag";

    public static readonly GrainType EntryType = GrainType.Create(Entry);

    public static readonly GrainType TagType = GrainType.Create(Tag);
}
