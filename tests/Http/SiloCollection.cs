using Xunit;

namespace OrleansTagCache.Tests.Http;

[CollectionDefinition(Name)]
public sealed class SiloCollection : ICollectionFixture<SiloServer>
{
    public const string Name = "silo";
}
