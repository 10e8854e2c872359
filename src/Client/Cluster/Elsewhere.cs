using System.Runtime.CompilerServices;

namespace OrleansTagCache.Cluster;

/// <summary>Goes on in another thread's turn: behind what waits there already, and never in the caller's context, whose one thread may be blocked on this very call.</summary>
internal static class Elsewhere
{
    public static ConfiguredTaskAwaitable Go() => Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
}
