using System.Text.Json;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Names;
using OrleansTagCache.Refreshing;
using OrleansTagCache.WarmUps;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary><c>/v1/warmups</c> of one silo.</summary>
public sealed class WarmUpViewTests(WarmUpViewTests.PlannedSilo silo) : IClassFixture<WarmUpViewTests.PlannedSilo>
{
    private static readonly DateTimeOffset Begun = new(2026, 11, 30, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task WarmUps_OfANamespace_AreToldWithTheirProgress()
    {
        var memory = silo.Get<WarmUpMemory>();
        memory.Tell(Scoped("all-there"), new(Guid.NewGuid(), IsDone: true, 5, 2, 0, 1, Begun, Begun.AddSeconds(3), "page", "silo-1"));
        memory.Tell(Scoped("broken"), new(Guid.NewGuid(), IsDone: true, 5, 2, 3, 0, Begun, Begun.AddSeconds(3), "page", "silo-1"));
        memory.Tell(CacheNamespace.Parse("other").Scope("hidden"), new(Guid.NewGuid(), IsDone: true));
        var run = Guid.NewGuid();
        await silo.Get<IGrainFactory>().GetGrain<IRefreshJobGrain>(WarmUpJob.Of(Scoped("half-way"))).Fill(new(run, [Scoped("page:1"), Scoped("page:2")], new("page", 4, 80)));
        memory.Tell(Scoped("half-way"), new(run, IsDone: false, Begun: Begun, Loader: "page"));

        // That of the settings waits: no process offers its loader.
        var offered = false;
        await Events.On(CacheEvent.WarmUpLooked).Until(() => offered = offered || memory.Describe(CacheNamespace.Default, 10).Any(one => one.Name == "pages"));
        var reply = await silo.Http.Ask("/v1/warmups");

        Assert.Equal((200, "no-store"), (reply.Status, reply.Header("Cache-Control")));
        Assert.Equal(["warmUps", "schedules", "more", "unreachable"], reply.Json.EnumerateObject().Select(property => property.Name));
        Assert.Equal(("false", "[]"), (reply.Json.GetProperty("more").GetRawText(), reply.Json.GetProperty("unreachable").GetRawText()));
        var told = reply.Json.GetProperty("warmUps").EnumerateArray().ToDictionary(one => one.GetProperty("name").GetString()!, StringComparer.Ordinal);
        Assert.Equal(["all-there", "broken", "half-way", "pages"], told.Keys);
        const string Times = "\"started\":\"2026-11-30T10:00:00+00:00\",\"ended\":\"2026-11-30T10:00:03+00:00\",\"silo\":\"silo-1\"";
        Assert.Equal(
            "{\"name\":\"all-there\",\"namespace\":\"default\",\"loader\":\"page\",\"state\":\"done\",\"keys\":8,\"loaded\":5,\"skipped\":2,\"failed\":0,\"noRoom\":1,\"left\":0," + Times + "}", told["all-there"].GetRawText());
        Assert.Equal(
            "{\"name\":\"broken\",\"namespace\":\"default\",\"loader\":\"page\",\"state\":\"given_up\",\"keys\":10,\"loaded\":5,\"skipped\":2,\"failed\":3,\"noRoom\":0,\"left\":0," + Times + "}", told["broken"].GetRawText());
        Assert.Equal(
            "{\"name\":\"pages\",\"namespace\":\"default\",\"loader\":\"page\",\"state\":\"waiting\",\"keys\":null,\"loaded\":null,\"skipped\":null,\"failed\":null,\"noRoom\":null,\"left\":null,\"started\":null,\"ended\":null,\"silo\":null}",
            told["pages"].GetRawText());
        var running = told["half-way"];
        Assert.Equal(
            ("running", 2, 0, 2), (running.GetProperty("state").GetString(), running.GetProperty("keys").GetInt32(), running.GetProperty("loaded").GetInt32(), running.GetProperty("left").GetInt32()));
        Assert.InRange((TimeProvider.System.GetUtcNow() - running.GetProperty("started").GetDateTimeOffset()).TotalMinutes, -1, 1);
        Assert.StartsWith("S127.0.0.1:", running.GetProperty("silo").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Schedules_OfTheSettings_AreToldWithTheirRuns()
    {
        JsonElement seconds = default;
        var yearly = seconds;
        await Events.On(CacheEvent.ScheduleLooked).Until(async () =>
        {
            var schedules = (await silo.Http.Ask("/v1/warmups")).Json.GetProperty("schedules").EnumerateArray().ToArray();
            Assert.Equal(["each-second", "yearly"], schedules.Select(one => one.GetProperty("name").GetString()));
            (seconds, yearly) = (schedules[0], schedules[1]);
            return seconds.GetProperty("lastOutcome").GetString() == "ran";
        });

        var now = TimeProvider.System.GetUtcNow();
        Assert.InRange((now - seconds.GetProperty("lastDue").GetDateTimeOffset()).TotalMinutes, 0, 1);
        Assert.InRange((seconds.GetProperty("nextDue").GetDateTimeOffset() - now).TotalMinutes, -1, 1);
        Assert.Equal(
            $$"""{"name":"yearly","namespace":"default","action":"update","cron":"0 0 1 1 *","timeZone":"UTC","nextDue":"{{now.Year + 1}}-01-01T00:00:00+00:00","lastDue":null,"lastOutcome":null}""", yearly.GetRawText());
    }

    private static string Scoped(string name) => CacheNamespace.Default.Scope(name);

    public sealed class PlannedSilo : SiloServer
    {
        protected override string[] Settings =>
        [
            "--TagCache:WarmUps:pages:Loader=page",
            "--TagCache:WarmUps:pages:Arguments:0=home",
            "--TagCache:Schedules:each-second:Tags:0=planned",
            "--TagCache:Schedules:each-second:Cron=* * * * * *",
            "--TagCache:Schedules:yearly:Tags:0=planned",
            "--TagCache:Schedules:yearly:Cron=0 0 1 1 *",
            "--TagCache:Schedules:yearly:Action=Update",
        ];
    }
}
