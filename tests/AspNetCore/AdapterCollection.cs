using Xunit;

namespace OrleansTagCache.Tests.AspNetCore;

[CollectionDefinition(Name)]
public sealed class AdapterCollection : ICollectionFixture<AdapterCluster>
{
    public const string Name = "adapters";
}
