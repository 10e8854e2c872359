
namespace OrleansTagCache.Flights;

/// <summary>
/// Keys whose values turned out not to be for storing: for a while no reader waits for another's value under them, or readers that could be served side by
/// side would be served one after the other, in the whole cluster.
/// </summary>
internal sealed class UncacheableKeys(TimeProvider time) : RecentKeys(time, TimeSpan.FromSeconds(10));
