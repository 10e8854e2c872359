using Xunit;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("OrleansTagCache.Tests.Processes.LongestFirst", "OrleansTagCache.Tests.Processes")]

namespace OrleansTagCache.Tests.Processes;

/// <summary>
/// The fault harness takes longest and begins first; then come those that wait for silos that start, are declared dead or lose their leases. What is short fills the gaps at the end.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = [nameof(FaultTests), nameof(ThreeSilosTests), nameof(RefreshJobTests), nameof(StorefrontTests), nameof(UiTests), nameof(LostRowTests)];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections.OrderBy(Place);

    private static int Place(ITestCollection collection)
    {
        var place = Array.FindIndex(Long, name => collection.DisplayName.Contains(name, StringComparison.Ordinal));
        return place < 0 ? Long.Length : place;
    }
}
