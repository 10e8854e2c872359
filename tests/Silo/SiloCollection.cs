using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>One silo for many, and alone in the process: some of them look at its memory.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SiloCollection : ICollectionFixture<SiloServer>
{
    public const string Name = "silo";
}
