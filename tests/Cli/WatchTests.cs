using System.Text.Json;
using OrleansTagCache.Cli.Running;
using Xunit;

namespace OrleansTagCache.Tests.Cli;

/// <summary><c>watch</c>.</summary>
[Collection(SiloCollection.Name)]
public sealed class WatchTests(SiloServer silo)
{
    [Fact]
    public async Task Watch_WritesALineOfJsonEachTime_WithRatesBetweenThem()
    {
        var reads = 0;

        // Each is a read of the silo's entries: none is answered from what its process keeps near.
        Task<Ended>? watching = null;
        await Waits.While(
            async () => await (watching = new CliRun(silo.Http.BaseAddress!).Run("watch", "--interval", "500ms", "--count", "3", "-o", "json")),
            [
                async round =>
                {
                    await silo.Http.TakeToken($"cli:watch:{round}");
                    Interlocked.Increment(ref reads);
                },
            ]);

        var ended = await watching!;
        Assert.Equal((0, ""), (ended.Code, ended.Error));
        var looks = ended.Lines.Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(3, looks.Count);
        var rates = looks.Select(look => look.GetProperty("silos")[0].GetProperty("readsPerSecond")).ToList();
        Assert.Equal(JsonValueKind.Null, rates[0].ValueKind);
        Assert.InRange(rates[1].GetDouble() + rates[2].GetDouble(), 1, reads * 4);
        Assert.InRange(looks[2].GetProperty("silos")[0].GetProperty("hitRatio").GetDouble(), 0, 1);
    }

    [Fact]
    public async Task Watch_OfASiloThatIsGone_GoesOnAndSaysSo()
    {
        var gone = new Uri($"http://127.0.0.1:{FreePorts.Take(1)[0]}");

        var ended = await new CliRun(gone).Run("watch", "--interval", "500ms", "--count", "2", "-o", "json");

        Assert.Equal(0, ended.Code);
        Assert.All(ended.Lines, line => Assert.StartsWith($"http://127.0.0.1:{gone.Port} does not answer", JsonElement.Parse(line).GetProperty("fault").GetString(), StringComparison.Ordinal));
        Assert.Equal(2, ended.Lines.Length);
    }

    [Fact]
    public async Task Watch_Interrupted_HasEndedWell()
    {
        using var over = new CancellationTokenSource();
        var watching = new CliRun(silo.Http.BaseAddress!).Run(over.Token, "watch", "--interval", "1h");
        await over.CancelAsync();

        Assert.Equal(0, (await watching).Code);
    }

    [Theory]
    [InlineData("--interval", "100ms", "--interval must be a duration from 500ms to 60m, such as 90s, 5m, 2h or 7d; it is '100ms'.")]
    [InlineData("--count", "0", "--count must be a whole number from 1 to 2147483647; it is 0.")]
    public async Task Watch_OutOfRange_IsToldWhichLimit(string option, string value, string told)
    {
        var ended = await new CliRun(silo.Http.BaseAddress!).Run("watch", option, value);

        Assert.Equal((ExitCode.Usage, $"otc: {told}\n"), (ended.Code, ended.Error));
    }
}
