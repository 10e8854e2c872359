namespace OrleansTagCache;

/// <summary>Knows of server actions that were not begun by code: a host's, for its endpoints.</summary>
/// <remarks>Thread-safe.</remarks>
internal interface IServerActionSource
{
    /// <summary>Whether the calling code is within one.</summary>
    bool IsActive { get; }
}
