using Microsoft.Extensions.Hosting;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>A silo writes nothing to disk, so that it runs where it cannot.</summary>
[Collection(SiloCollection.Name)]
public sealed class DiskTests(SiloServer silo)
{
    /// <summary>It would write a key, or warn three times that it cannot.</summary>
    [Fact]
    public void DataProtection_IsNotStarted() => Assert.DoesNotContain(
        silo.Get<IEnumerable<IHostedService>>(),
        service => service.GetType().FullName!.Contains("DataProtection", StringComparison.Ordinal));
}
