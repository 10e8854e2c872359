using System.Runtime.CompilerServices;

namespace OrleansTagCache.Tasks;

/// <summary>Continues on the thread pool, behind the work that is queued there, and never in the caller's context: its one thread may be blocked on this very call.</summary>
internal static class PoolYield
{
    public static ConfiguredTaskAwaitable Go() => Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
}
