namespace OrleansTagCache.Contracts;

/// <summary>The versions of what processes say to each other.</summary>
internal static class ProtocolVersion
{
    /// <summary>The newest version that this process speaks.</summary>
    public const int Newest = 1;
}
