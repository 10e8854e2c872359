using System.Net;
using OrleansTagCache.Silo.StartUp;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary><c>health</c>, by which a container asks its silo.</summary>
[Collection(SiloCollection.Name)]
public sealed class HealthCommandTests(SiloServer silo)
{
    [Fact]
    public async Task Run_AsksTheSilo()
    {
        Assert.Equal((true, $"{silo.Http.BaseAddress}health/ready answers 200."), await Run($"{silo.Http.BaseAddress}health/ready"));
        Assert.Equal((false, $"{silo.Http.BaseAddress}health/nothing answers 404."), await Run($"{silo.Http.BaseAddress}health/nothing"));
    }

    [Fact]
    public async Task Run_WithoutASilo_SaysThatItDoesNotAnswer()
    {
        var (isReady, text) = await Run($"http://{IPAddress.Loopback}:{FreePorts.Take(1)[0]}/health/ready");

        Assert.False(isReady);
        Assert.Contains("does not answer", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("ftp://127.0.0.1/")]
    public async Task Run_WithSomethingElse_SaysHowItIsUsed(string text) =>
        Assert.StartsWith("Usage:", Assert.Single((await Assert.ThrowsAsync<StartUpFault>(() => Run(text))).Faults), StringComparison.Ordinal);

    private static async Task<(bool IsReady, string Text)> Run(string url)
    {
        using var output = new StringWriter();
        return (await HealthCommand.Run(["health", url], output), output.ToString().TrimEnd());
    }
}
