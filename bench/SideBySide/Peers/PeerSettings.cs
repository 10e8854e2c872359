namespace OrleansTagCache.Bench.SideBySide.Peers;

/// <summary>What all peers are given alike.</summary>
internal static class PeerSettings
{
    /// <summary>Long enough that nothing ends by age during a run.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(1);
}
