using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Membership;
using OrleansTagCache.Silo.Clustering;
using OrleansTagCache.Silo.Logs;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>What an operator reads: a line for each event, and which clocks are apart.</summary>
public sealed class LogTests
{
    [Theory]
    [InlineData("Orleans.Runtime.Silo", LogLevel.Error)]
    [InlineData("OrleansTagCache.Membership.ServingLease", LogLevel.Warning)]
    public void Line_OfALibrarysException_NamesItsReasonsOnce_WithoutItsStack(string category, LogLevel level) => Assert.Matches(
        $"^(warn|fail): {category}\\[7\\] It failed \\(InvalidOperationException: outer; inner\\)\n$", Line(category, level, Thrown()));

    [Fact]
    public void Line_OfAnErrorOfTheCacheItself_HasItsStack() => Assert.Contains("   at ", Line("OrleansTagCache.Entries.EntrySweeper", LogLevel.Error, Thrown()), StringComparison.Ordinal);

    [Fact]
    public void Line_OfAMessageInSeveralLines_IsOne() => Assert.Equal("info: Orleans.X[7] a b\n", Line("Orleans.X", LogLevel.Information, exception: null, "a\r\n\r\n  b\n"));

    [Fact]
    public void Line_OfWhatTheClockWatchTells_IsLeftOut() => Assert.Empty(Line("Orleans.X", LogLevel.Warning, exception: null, name: "LogWarningMissedIAmAliveTableUpdate"));

    [Fact]
    public void ClockWatch_OfSilosWhoseClocksAreApart_NamesEachOnce()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        using var log = new CapturedLog();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var watch = new ClockWatch(table: null!, new OneSilo(), lifetime: null!, time, factory.CreateLogger<ClockWatch>());
        var now = time.GetUtcNow().UtcDateTime;
        MembershipEntry[] rows = [Row(1, now.AddSeconds(-9)), Row(2, now.AddSeconds(3_600)), Row(3, now.AddSeconds(-120))];

        watch.Look(rows);
        watch.Look(rows);

        Assert.Equal(2, log.Text.Split('\n').Length);
        Assert.Contains("127.0.0.1:2:0 is about 3600 s ahead of this one's", log.Text, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:3:0 is about 120 s behind this one's", log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(LogLevel.Warning, "warn")]
    [InlineData(LogLevel.Error, "fail")]
    public void Lines_OfALibraryThatRepeat_AreTheFirstOnes_AndSayHowManyWereLeftOut(LogLevel level, string told)
    {
        var time = new FakeTimeProvider();
        var formatter = new LineFormatter(new Monitor(), time);

        var first = Enumerable.Range(0, 20).Sum(_ => Write().Length == 0 ? 0 : 1);
        time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(5, first);
        Assert.Equal($"{told}: Orleans.X[7] It failed [15 more of these were left out before]\n", Write());
        Assert.Equal($"{told}: Orleans.X[7] It failed\n", Write());

        string Write() => Written(formatter, "Orleans.X", level, exception: null, "It failed", "Failed");
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(5_000, 1)]
    public void Members_OfAnOldTable_TellOfManyDeadInOneLine(int dead, int lines)
    {
        using var log = new CapturedLog();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var members = new Members(OneSilo.At(9), TimeSpan.FromSeconds(5), new FakeTimeProvider(), factory.CreateLogger<Members>());

        members.Observe(Enumerable.Range(10_000, dead).Select(port => KeyValuePair.Create(OneSilo.At(port), SiloStatus.Dead)), version: 1);

        Assert.Equal(lines, log.Text.Split('\n').Length);
        Assert.Contains(lines == 1 ? "5000 silos were seen dead" : "was seen dead", log.Text, StringComparison.Ordinal);
    }

    private static MembershipEntry Row(int port, DateTime at) => new() { SiloAddress = OneSilo.At(port), Status = SiloStatus.Active, IAmAliveTime = at, StartTime = at };

    private static string Line(string category, LogLevel level, Exception? exception, string text = "It failed", string name = "Failed") =>
        Written(new(new Monitor(), TimeProvider.System), category, level, exception, text, name);

    private static string Written(LineFormatter formatter, string category, LogLevel level, Exception? exception, string text, string name)
    {
        var output = new StringWriter { NewLine = "\n" };
        formatter.Write(new LogEntry<string>(level, category, new(7, name), text, exception, (state, _) => state), scopeProvider: null, output);
        return output.ToString();
    }

    private static InvalidOperationException Thrown()
    {
        try
        {
            throw new InvalidOperationException("outer", new InvalidOperationException("outer", new IOException("inner")));
        }
        catch (InvalidOperationException exception)
        {
            return exception;
        }
    }

    private sealed class Monitor : IOptionsMonitor<ConsoleFormatterOptions>
    {
        public ConsoleFormatterOptions CurrentValue { get; } = new();

        public ConsoleFormatterOptions Get(string? name) => CurrentValue;

        public IDisposable? OnChange(Action<ConsoleFormatterOptions, string?> listener) => null;
    }

    private sealed class OneSilo : ILocalSiloDetails
    {
        public string Name => "silo";

        public string ClusterId => "cluster";

        public string DnsHostName => "host";

        public SiloAddress SiloAddress => At(9);

        public SiloAddress GatewayAddress => At(9);

        public static SiloAddress At(int port) => SiloAddress.New(System.Net.IPAddress.Loopback, port, 0);
    }
}
