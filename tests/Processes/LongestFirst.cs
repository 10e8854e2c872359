using Xunit;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("OrleansTagCache.Tests.Processes.LongestFirst", "OrleansTagCache.Tests.Processes")]

namespace OrleansTagCache.Tests.Processes;

/// <summary>The fault harness takes as long as all the others together: it begins first, and they run beside it.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => collection.DisplayName.Contains(nameof(FaultTests), StringComparison.Ordinal) ? 0 : 1);
}
