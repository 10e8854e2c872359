using Xunit;

namespace OrleansTagCache.Tests.Cluster;

[CollectionDefinition(Name)]
public sealed class ClusterCollection : ICollectionFixture<TagCacheCluster>
{
    public const string Name = "cluster";
}
