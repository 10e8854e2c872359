namespace OrleansTagCache;

/// <summary>Knows of server actions that were not begun by code: a host's, for its endpoints.</summary>
/// <remarks>Thread-safe.</remarks>
internal interface IServerActionSource
{
    /// <summary>The one that the calling code is within, the same for as long as it lasts; null for none.</summary>
    ActionScope? Current { get; }
}
