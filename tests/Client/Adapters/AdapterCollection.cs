using Xunit;

namespace OrleansTagCache.Tests.Client;

[CollectionDefinition(Name)]
public sealed class AdapterCollection : ICollectionFixture<AdapterCluster>
{
    public const string Name = "adapters";
}
