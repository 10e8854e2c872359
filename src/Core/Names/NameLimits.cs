namespace OrleansTagCache;

/// <summary>The limits of names, counted in UTF-16 code units (a <see cref="string"/>'s <c>Length</c>).</summary>
public static class NameLimits
{
    /// <summary>The longest tag: 256 units. The limit of Next.js, so that tags can be shared with it.</summary>
    public const int TagLength = 256;

    /// <summary>The longest key unless an option says otherwise: 1,024 units.</summary>
    public const int KeyLength = 1_024;

    /// <summary>The longest namespace: 64 units.</summary>
    public const int NamespaceLength = 64;

    /// <summary>The longest name of a loader: 64 units, none of them a colon.</summary>
    public const int LoaderNameLength = 64;

    /// <summary>The most keys in one call that reads or stores several entries: 512.</summary>
    public const int KeysPerCall = 512;

    /// <summary>The most tags in one call: 128.</summary>
    public const int TagsPerCall = 128;

    /// <summary>The most tags on one entry, those of nested calls included: 1,024.</summary>
    public const int TagsPerEntry = 1_024;
}
