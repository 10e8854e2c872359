using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Running;
using OrleansTagCache.Cli.Watch;
using Xunit;

namespace OrleansTagCache.Tests.Cli;

/// <summary><c>watch</c>.</summary>
[Collection(SiloCollection.Name)]
public sealed class WatchTests(SiloServer silo)
{
    [Fact]
    public async Task Watch_WritesALineOfJsonEachTime_WithRatesBetweenThem()
    {
        // Each is a read of the silo's entries: none is answered from what its process keeps near.
        Task<Ended>? watching = null;
        await Waits.While(
            async () => await (watching = new CliRun(silo.Http.BaseAddress!).Run("watch", "--interval", "500ms", "--count", "3", "-o", "json")),
            [
                round => silo.Http.TakeToken($"cli:watch:{round}"),
            ]);

        var ended = await watching!;
        Assert.Equal((0, ""), (ended.Code, ended.Error));
        var looks = ended.Lines.Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(3, looks.Count);
        var rates = looks.Select(look => look.GetProperty("silos")[0].GetProperty("readsPerSecond")).ToList();
        Assert.Equal(JsonValueKind.Null, rates[0].ValueKind);
        Assert.True(rates[1].GetDouble() + rates[2].GetDouble() > 0, ended.Text);
    }

    [Fact]
    public void Rates_AreOfTheTimeBetweenTwoLooks_AndNotThereWithoutTwo()
    {
        var time = new FakeTimeProvider();
        var before = new Member("S1", true, 4, 10, 1_000, 9_000, 0, Hits: 100, StaleHits: 10, Misses: 50, 0.6, Evictions: 7, 0, 0, [], null, null, null, "1", null);
        var after = before with { Hits = 130, StaleHits = 20, Misses = 60, Evictions = 12 };
        var first = At(null, before);
        time.Advance(TimeSpan.FromSeconds(5));
        var second = At(first, after, before with { Silo = "S2" });

        Assert.Equal([new SiloRow("S1", true, 4, 10, 1_000, null, null, null, null, 0)], first.Rows());
        Assert.Equal([new SiloRow("S1", true, 4, 10, 1_000, 10, 0.8, 0.2, 1, 0), new SiloRow("S2", true, 4, 10, 1_000, null, null, null, null, 0)], second.Rows());
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([new SiloRow("S1", true, 4, 10, 1_000, 0, null, null, 0, 0)], At(second, after).Rows());

        Look At(Look? last, params Member[] members) => new(time.GetUtcNow(), time.GetTimestamp(), new("c", "S1", new(1, 1, 10, 1_000, 0, null), members, []), null, last, time);
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
