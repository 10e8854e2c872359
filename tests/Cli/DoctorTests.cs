using OrleansTagCache.Cli.Api;
using OrleansTagCache.Cli.Doctor;
using OrleansTagCache.Cli.Running;
using Xunit;

namespace OrleansTagCache.Tests.Cli;

/// <summary><c>doctor</c>: what it finds, and what it advises.</summary>
public sealed class DoctorTests(KeyedSilo silo) : IClassFixture<KeyedSilo>
{
    private static readonly DateTimeOffset Now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    private static readonly CertificateState Certificate = new("CN=silo", Now.AddDays(-10), Now.AddDays(90));

    private static readonly ProcessState Process = new(
        "S10.0.0.1:11111:7", "one", 17, ".NET 10", 60, 4.5, 5, new(0.001, 0.002), new(2, 4, 0, 0.1), new(1_000_000, 8_000_000, 0.5), Certificate);

    private static readonly Member Silo = new("S10.0.0.1:11111:7", true, 4.5, 10, 10_000, 1_000_000, 1, 1, 0, 0, 1, 0, 0, 0, [], new(1, true, 0, null), new(0, 0), new(0, null), "1.0.0", new(1, 3, 3));

    private static readonly OrleansTagCache.Cli.Api.Diagnostics Told = new("shop", "shop", Silo.Silo, Now, new(1, null), [Process], []);

    private static readonly Seen Well = new(
        "http://a", null, TimeSpan.FromMilliseconds(3), Cluster: new("shop", Silo.Silo, new(1, 1, 10, 10_000, 1, 1), [Silo], []), Diagnostics: Told, ClockAhead: TimeSpan.Zero, ClockWithin: TimeSpan.FromMilliseconds(1));

    [Fact]
    public void Cluster_ThatIsWell_HasGoodFindingsAlone()
    {
        Assert.All(Find(Well), finding => Assert.Equal((Verdict.Good, null), (finding.Verdict, finding.Advice)));
        Assert.Equal(["http://a", "Identity", "Members", "Versions", "http://a, store", "10.0.0.1:11111, threads", "10.0.0.1:11111, certificate", "http://a, clock"], Find(Well).Select(finding => finding.About));
    }

    [Fact]
    public void EachSickness_IsFoundAlone_WithWhatToDo()
    {
        var sick = new (Seen Seen, Verdict Verdict, string About, string Found)[]
        {
            (Well with { NotReady = "503: no lease" }, Verdict.Fault, "http://a", "It answers, and is not ready (503: no lease)."),
            (Members(Silo with { Serving = false }), Verdict.Fault, "Members", "10.0.0.1:11111 of 1 silo not serving."),
            (Members(Silo with { OpenUpdates = 2, DelayedBy = ["client web-1 (pid 3)"] }), Verdict.Warning, "Updates", "2 updates of 10.0.0.1:11111 wait for client web-1 (pid 3)."),
            (Members(Silo with { Bytes = 999_999, Evictions = 7 }), Verdict.Warning, "Memory", "10.0.0.1:11111 is full (1 MB of 1 MB) and has evicted 7 entries."),
            (Members(Silo with { Moves = new(3, false, 9, 61) }), Verdict.Warning, "Moves", "10.0.0.1:11111 has waited for 61s for entries that are its own."),
            (Members(Silo with { Standby = new(0, 1) }), Verdict.Warning, "Standbys", "1 standby of 10.0.0.1:11111 lacks copies, and took none when it was asked last."),
            (Members(Silo, Silo with { Silo = "S10.0.0.2:11111:8", Version = "0.9.0" }), Verdict.Warning, "Versions", "Silos of different versions: 0.9.0, 1.0.0."),
            (Well with { Cluster = Well.Cluster! with { Unreachable = ["S10.0.0.3:11111:9"] } }, Verdict.Fault, "Members", "1 member did not answer 10.0.0.1:11111: 10.0.0.3:11111."),
            (Well with { Diagnostics = Told with { Store = new(null, "It cannot be read: RedisConnectionException.") } }, Verdict.Fault, "http://a, store", "It cannot be read: RedisConnectionException."),
            (Well with { Diagnostics = Told with { Store = new(800, null) } }, Verdict.Warning, "http://a, store", "It answers in 800 ms."),
            (Processes(Process with { LeaseSeconds = 1 }), Verdict.Warning, "10.0.0.1:11111, lease", "1 s of 5 s are left: its renewals fail or are late."),
            (Processes(Process with { Clock = new(-2, 0.1) }), Verdict.Warning, "10.0.0.1:11111, clock", "It is 2s behind the asked silo's."),
            (Processes(Process with { Clock = new(7_200, 0.1) }), Verdict.Fault, "10.0.0.1:11111, clock", "It is 2h ahead of the asked silo's."),
            (Processes(Process with { Pool = new(2, 40, 10, 200) }), Verdict.Warning, "10.0.0.1:11111, threads", "Work waits 200 ms for one of 40 threads on 2 processors; 10 queued."),
            (Processes(Process with { Pool = new(2, 40, 900, 2_000) }), Verdict.Fault, "10.0.0.1:11111, threads", "Work waits 2000 ms for one of 40 threads on 2 processors; 900 queued."),
            (Processes(Process with { Memory = new(7_500_000, 8_000_000, 0) }), Verdict.Warning, "10.0.0.1:11111, memory", "7.5 MB of 8 MB are in use."),
            (Processes(Process with { Memory = new(1, 8_000_000, 12) }), Verdict.Warning, "10.0.0.1:11111, collections", "Collections of garbage stop it for 12 % of its time."),
            (Processes(Process with { Certificate = Certificate with { To = Now.AddDays(29) } }), Verdict.Warning, "10.0.0.1:11111, certificate", "CN=silo ends 2026-12-29 12:00 UTC, in 29d."),
            (Processes(Process with { Certificate = Certificate with { To = Now.AddDays(1) } }), Verdict.Fault, "10.0.0.1:11111, certificate", "CN=silo ends 2026-12-01 12:00 UTC, in 24h."),
            (Processes(Process with { Certificate = Certificate with { To = Now.AddSeconds(-1) } }), Verdict.Fault, "10.0.0.1:11111, certificate", "CN=silo ended 2026-11-30 11:59 UTC."),
            (Processes(Process with { Certificate = Certificate with { From = Now.AddSeconds(1) } }), Verdict.Fault, "10.0.0.1:11111, certificate", "CN=silo is not valid before 2026-11-30 12:00 UTC."),
            (Well with { ClockAhead = TimeSpan.FromSeconds(-90) }, Verdict.Fault, "http://a, clock", "It is 90s behind this machine's."),
            (Well with { Diagnostics = null, ClockAhead = null }, Verdict.Unknown, "http://a", "It has no /v1/diagnostics: it is of an earlier version."),
        };
        Assert.All(sick, one =>
        {
            var finding = Assert.Single(Find(one.Seen), finding => finding.Verdict != Verdict.Good);
            Assert.Equal((one.Verdict, one.About, one.Found), (finding.Verdict, finding.About, finding.Found));
            Assert.NotNull(finding.Advice);
        });
    }

    [Fact]
    public void Silos_OfDifferentClusters_AndThoseThatDoNotKnowEachOther_AreFaults()
    {
        var other = Well with { Url = "http://b", Cluster = Well.Cluster! with { ClusterId = "blog", Silo = "S10.0.0.2:11111:8" }, Diagnostics = Told with { ClusterId = "blog" } };
        Assert.Contains(Find(Well, other), finding => finding is { Verdict: Verdict.Fault, About: "Identity", Found: "They are of different clusters: cluster 'shop', service 'shop': http://a; cluster 'blog', service 'shop': http://b." });

        var apart = Well with { Url = "http://b", Cluster = Well.Cluster! with { Silo = "S10.0.0.2:11111:8", Members = [Silo with { Silo = "S10.0.0.2:11111:8" }] } };
        Assert.Contains(Find(Well, apart), finding => finding is { Verdict: Verdict.Fault, About: "http://a", Found: "It does not know http://b." });
    }

    [Fact]
    public void ClocksWithinTheErrorOfTheirMeasure_AreWell() =>
        Assert.DoesNotContain(Find(Processes(Process with { Clock = new(3, 2.5) })), finding => finding.Verdict != Verdict.Good);

    [Fact]
    public async Task Doctor_OfASilo_IsWell_AndOfOneThatIsGone_EndsWith7()
    {
        var url = silo.Http.BaseAddress!;
        var gone = new Uri($"http://127.0.0.1:{FreePorts.Take(1)[0]}");
        var cli = new CliRun(url).With("OTC_KEY", silo.All);

        var well = await cli.Run("doctor", "-o", "json");
        Assert.Equal((0, ""), (well.Code, well.Error));
        Assert.True(well.Json.GetProperty("healthy").GetBoolean());
        Assert.Equal(1, well.Json.GetProperty("diagnostics").GetArrayLength());

        var sick = await cli.Run("doctor", "--url", $"{url},{gone}");
        Assert.Equal(ExitCode.Unhealthy, sick.Code);
        Assert.Contains(sick.Lines, line => line.StartsWith($"fault  http://127.0.0.1:{gone.Port}: It does not answer: the connection is refused.", StringComparison.Ordinal));
        Assert.StartsWith("1 fault, ", sick.Lines[^1], StringComparison.Ordinal);
        Assert.All(sick.Lines, line => Assert.InRange(line.Length, 1, 80));
    }

    [Fact]
    public async Task Doctor_WithAKeyThatMayOnlyRead_SaysWhatItNeeds()
    {
        var doctor = await new CliRun(silo.Http.BaseAddress!).With("OTC_KEY", silo.Reader).Run("doctor", "-o", "json");

        Assert.Equal(0, doctor.Code);
        Assert.Equal(["ok", "unknown"], doctor.Json.GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("verdict").GetString()));
        Assert.Equal("The rest needs a key with the scope 'admin'.", doctor.Json.GetProperty("findings")[1].GetProperty("advice").GetString());
    }

    private static List<Finding> Find(params Seen[] seen) => [.. new Judgement(seen, Now, null).All()];

    private static Seen Members(params Member[] members) => Well with { Cluster = Well.Cluster! with { Members = members } };

    private static Seen Processes(ProcessState process) => Well with { Diagnostics = Told with { Members = [process] } };
}
