using System.Globalization;
using OrleansTagCache.Http.Endpoints;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>PUT with <c>since</c>: what was made after a moment that a silo has sealed is stored, unless anything that it may not know of has happened since.</summary>
[Collection(SiloCollection.Name)]
public sealed class EntrySinceTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    [Fact]
    public async Task Get_OfAnything_TellsTheMoment()
    {
        (await _http.Put("since:told", "1")).IsDone();

        var moments = new[]
        {
            (await _http.Read("since:told")).Header("Tag-Cache-As-Of"),
            (await _http.Read("since:told")).Header("Tag-Cache-As-Of"),
            (await _http.Read("since:told:not")).Header("Tag-Cache-As-Of"),
            (await _http.Read("since:told:not")).Header("Tag-Cache-As-Of"),
            (await _http.Send(HttpMethod.Head, "/v1/entry?key=since:told")).Header("Tag-Cache-As-Of"),
            (await _http.Send(HttpMethod.Head, "/v1/entry?key=since:told:not")).Header("Tag-Cache-As-Of"),
        };

        Assert.All(moments, moment => Assert.Equal(80, moment!.Length));
        Assert.Equal(moments.Length, moments.Distinct().Count());
    }

    [Fact]
    public async Task Put_SinceAMoment_ReplacesWhatIsOlder()
    {
        (await _http.Put("since:older", "set")).IsDone();
        (await Since("since:older", "1", await Now("since:older"))).IsDone();
        (await _http.Read("since:older")).IsHit("1");

        (await Since("since:older", "2", await Now("since:older"))).IsDone();
        (await _http.Read("since:older")).IsHit("2");
    }

    [Fact]
    public async Task Put_SinceAMoment_ReplacesWhatWasGeneratedBefore()
    {
        (await _http.Put("since:generated", "generated", token: await _http.TakeToken("since:generated"))).IsDone();

        (await Since("since:generated", "1", await Now("since:generated"))).IsDone();

        (await _http.Read("since:generated")).IsHit("1");
    }

    /// <summary>A moment is good for every key of its namespace, and more than once.</summary>
    [Fact]
    public async Task Put_SinceAMomentOfAnotherKey_Stores()
    {
        var moment = await Now("since:other");

        (await Since("since:this", "1", moment)).IsDone();
        (await Since("since:that", "2", moment)).IsDone();

        (await _http.Read("since:this")).IsHit("1");
        (await _http.Read("since:that")).IsHit("2");
    }

    [Theory]
    [InlineData("since:updated:tag")]
    [InlineData("*")]
    public async Task Put_SinceAMomentAfterWhichATagWasUpdated_IsSupersededAndChangesNothing(string updated)
    {
        var moment = await Now("since:updated");
        Assert.Equal(200, (await _http.Update(updated)).Status);
        (await _http.Put("since:updated", "newer", "&tag=since:updated:tag")).IsDone();

        (await Since("since:updated", "old", moment, "&tag=since:updated:tag")).IsProblem(409, "superseded");

        (await _http.Read("since:updated")).IsHit("newer");
        (await Since($"since:updated:{updated}", "old", moment, "&tag=since:updated:tag")).IsProblem(409, "superseded");
        (await _http.Info($"since:updated:{updated}")).IsProblem(404, "not_found");
    }

    /// <summary>Not by a clock: nothing is lost that was made at once after an update, however long that takes.</summary>
    [Fact]
    public async Task Put_SinceAMomentBeforeWhichItsTagWasUpdated_Stores()
    {
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(200, (await _http.Update("since:before:tag")).Status);
            (await Since($"since:before:{i}", "1", await Now("since:before"), "&tag=since:before:tag")).IsDone();
            (await _http.Read($"since:before:{i}")).IsHit("1");
        }
    }

    [Fact]
    public async Task Put_SinceAMomentAfterWhichAnotherTagWasUpdated_Stores()
    {
        var moment = await Now("since:elsewhere");
        Assert.Equal(200, (await _http.Update("since:elsewhere:other")).Status);

        (await Since("since:elsewhere", "1", moment, "&tag=since:elsewhere:tag")).IsDone();
    }

    [Fact]
    public async Task Put_SinceAMomentWhoseBodyComesWhileATagIsUpdated_IsSuperseded()
    {
        var moment = await Now("since:slow");
        using var slow = HeldBody.SlowClient(_http.BaseAddress!);
        var body = new HeldBody("old");
        var putting = slow.Put("since:slow", body, $"&tag=since:slow:tag&since={moment}");
        await body.Asked;
        Assert.Equal(200, (await _http.Update("since:slow:tag")).Status);

        body.Release();

        (await putting).IsProblem(409, "superseded");
    }

    [Fact]
    public async Task Put_SinceAMomentAfterWhichATagWasRevalidated_IsStaleFromTheStart()
    {
        var moment = await Now("since:stale");
        Assert.Equal(200, (await _http.Post("/v1/tags/revalidate", new { tags = new[] { "since:stale:tag" }, profile = "max" })).Status);

        (await Since("since:stale", "1", moment, "&tag=since:stale:tag&life=max")).IsDone();

        var read = await _http.Read("since:stale");
        Assert.Equal(("1", -1), (read.Text, read.Ttl));
        Assert.NotNull(read.Token);
        (await Since("since:stale", "2", await Now("since:stale"), "&tag=since:stale:tag&life=max")).IsDone();
        (await _http.Read("since:stale")).IsHit("2");
    }

    /// <summary>It was made before, for all that is known, however late it came.</summary>
    [Fact]
    public async Task Put_SinceAMomentAfterWhichASoftTagWasUpdated_IsAMissForReadersOfThat()
    {
        var moment = await Now("since:soft");
        Assert.Equal(200, (await _http.Post("/v1/tags/update", new { tags = new[] { "since:soft:page" }, remember = true })).Status);

        (await Since("since:soft", "1", moment)).IsDone();

        (await _http.Read("since:soft")).IsHit("1");
        (await _http.Ask("/v1/entry?key=since:soft&wait=0&soft=since:soft:other")).IsHit("1");
        (await _http.Ask("/v1/entry?key=since:soft&wait=0&soft=since:soft:page")).IsMissWithToken();
        (await Since("since:soft", "2", await Now("since:soft"))).IsDone();
        (await _http.Ask("/v1/entry?key=since:soft&wait=0&soft=since:soft:page")).IsHit("2");
    }

    [Fact]
    public async Task Put_SinceAMomentAfterWhichItsKeyWasRemoved_IsSuperseded()
    {
        (await _http.Put("since:removed", "0")).IsDone();
        var moment = await Now("since:removed");
        (await _http.Delete("since:removed")).IsDone();

        (await Since("since:removed", "1", moment)).IsProblem(409, "superseded");

        (await _http.Info("since:removed")).IsProblem(404, "not_found");
        (await Since("since:removed", "2", await Now("since:removed"))).IsDone();
    }

    [Fact]
    public async Task Put_SinceAMomentAfterWhichItsKeyWasSet_IsSupersededAndLeavesTheNewer()
    {
        (await _http.Put("since:set", "0")).IsDone();
        var moment = await Now("since:set");
        (await _http.Put("since:set", "newer")).IsDone();

        (await Since("since:set", "1", moment)).IsProblem(409, "superseded");

        (await _http.Read("since:set")).IsHit("newer");
    }

    [Fact]
    public async Task Put_SinceAMomentAfterWhichAValueWasGenerated_IsSupersededAndLeavesTheNewer()
    {
        var moment = await Now("since:made");
        (await _http.Put("since:made", "newer", token: await _http.TakeToken("since:made"))).IsDone();

        (await Since("since:made", "1", moment)).IsProblem(409, "superseded");

        (await _http.Read("since:made")).IsHit("newer");
    }

    /// <summary>Two values that were made side by side: the later one stays, in whatever order they come.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Put_SinceTwoMoments_KeepsTheValueOfTheLater(bool isLaterFirst)
    {
        var key = $"since:two:{isLaterFirst}";
        var (earlier, later) = (await Now(key), string.Empty);
        for (var i = 0; i < 5; i++)
        {
            later = await Now(key);
        }

        if (isLaterFirst)
        {
            (await Since(key, "later", later)).IsDone();
            (await Since(key, "earlier", earlier)).IsProblem(409, "superseded");
        }
        else
        {
            (await Since(key, "earlier", earlier)).IsDone();
            (await _http.Read(key)).IsHit("earlier");
            (await Since(key, "later", later)).IsDone();
        }

        (await _http.Read(key)).IsHit("later");
    }

    /// <summary>The second is not newer for coming later: it does not say that it knows of the removal.</summary>
    [Fact]
    public async Task Put_SinceAMomentBetweenARemovalAndAnotherSuch_IsSuperseded()
    {
        var moment = await Now("since:between");
        (await _http.Delete("since:between")).IsDone();
        (await Since("since:between", "after", await Now("since:between"))).IsDone();

        (await Since("since:between", "before", moment)).IsProblem(409, "superseded");

        (await _http.Read("since:between")).IsHit("after");
    }

    [Fact]
    public async Task Put_SinceAMomentWhileAnotherGenerates_StoresAndEndsThat()
    {
        var token = await _http.TakeToken("since:flight");
        var waiting = await silo.StartWaiting("since:flight");

        (await Since("since:flight", "1", await Now("since:flight:other"))).IsDone();

        (await waiting).IsHit("1");
        (await _http.Put("since:flight", "generated", token: token)).IsProblem(409, "superseded");
    }

    [Fact]
    public async Task Put_SinceAMomentWhileATagIsHeld_IsSuperseded()
    {
        var id = await _http.TakeHold("since:held");
        (await Since("since:hold", "1", await Now("since:hold"), "&tag=since:held")).IsProblem(409, "superseded");
        Assert.Equal(200, (await _http.Release(id, "since:held")).Status);

        (await Since("since:hold", "2", await Now("since:hold"), "&tag=since:held")).IsDone();
    }

    [Fact]
    public async Task Put_WithATokenAndAMoment_IsRefusedAndEndsTheToken()
    {
        var miss = await _http.Read("since:both");
        var token = miss.IsMissWithToken();

        var detail = (await _http.Put("since:both", "1", $"&since={miss.Header("Tag-Cache-As-Of")}", token)).IsProblem(400, "invalid_argument");

        Assert.Contains("either a Tag-Cache-Token or 'since'", detail, StringComparison.Ordinal);
        Assert.NotEqual(token, (await _http.Read("since:both")).IsMissWithToken());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(15)]
    [InlineData(36)]
    [InlineData(79)]
    public async Task Put_SinceAForgedMoment_IsUnknown(int changedCharacter)
    {
        var moment = (await Now("since:forged")).ToCharArray();
        moment[changedCharacter] = moment[changedCharacter] == 'A' ? 'B' : 'A';

        await IsUnknown(new string(moment));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("638000000000000000")]
    [InlineData("2026-11-30T12:00:00Z")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public Task Put_SinceWhatIsNoMoment_IsUnknown(string moment) => IsUnknown(moment);

    [Fact]
    public async Task Put_SinceATokenOrAHold_IsUnknown()
    {
        await IsUnknown(await _http.TakeToken("since:forged"));
        await IsUnknown(await _http.TakeHold("since:forged:hold"));
        var moment = await Now("since:forged");
        (await _http.Put("since:forged", "1", token: moment)).IsProblem(409, "unknown_token");
        (await _http.Abandon("since:forged", moment)).IsProblem(409, "unknown_token");
        Assert.False((await _http.Release(moment, "since:forged:hold")).Json.GetProperty("held").GetBoolean());
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "0.001")]
    [InlineData(9, "0.001")]
    [InlineData(10, "0.001")]
    [InlineData(11, "0.002")]
    [InlineData(9_990, "0.999")]
    [InlineData(9_991, "1")]
    [InlineData(123_456_780, "12345.678")]
    [InlineData(123_456_781, "12345.679")]
    [InlineData(123_000_000, "12300")]
    [InlineData(864_000_000_000_000, "86400000000")]
    [InlineData(long.MaxValue, "922337203685477.581")]
    public void Milliseconds_AreNeverLess(long ticks, string expected) => Assert.Equal(expected, EntryEndpoints.Milliseconds(new(ticks)));

    [Fact]
    public async Task Get_OfAHit_TellsItsAgeInMilliseconds()
    {
        (await _http.Put("since:age", "1")).IsDone();
        var first = await Age();
        var second = await Age();

        Assert.True(first > 0 && second > first, $"{first} {second}");
        Assert.Null((await _http.Read("since:age:not")).Header("Tag-Cache-Age"));

        async Task<decimal> Age() => decimal.Parse((await _http.Read("since:age")).Header("Tag-Cache-Age")!, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
    }

    private async Task IsUnknown(string moment)
    {
        (await Since("since:unknown", "1", moment)).IsProblem(409, "unknown_moment");
        (await _http.Info("since:unknown")).IsProblem(404, "not_found");
    }

    private Task<Reply> Since(string key, string value, string moment, string query = "") => _http.Put(key, value, $"{query}&since={Uri.EscapeDataString(moment)}");

    private async Task<string> Now(string key) => (await _http.Send(HttpMethod.Head, $"/v1/entry?key={SiloCalls.Escape(key)}")).Header("Tag-Cache-As-Of")!;
}
