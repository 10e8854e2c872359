using Xunit;

namespace OrleansTagCache.Tests.Http;

[CollectionDefinition(Name)]
public sealed class UiSiloCollection : ICollectionFixture<UiSilo>
{
    public const string Name = "ui silo";
}
