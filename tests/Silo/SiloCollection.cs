using Xunit;

namespace OrleansTagCache.Tests.Silo;

[CollectionDefinition(Name)]
public sealed class SiloCollection : ICollectionFixture<SiloServer>
{
    public const string Name = "silo";
}
