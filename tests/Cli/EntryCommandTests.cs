using OrleansTagCache.Cli.Running;
using Xunit;

namespace OrleansTagCache.Tests.Cli;

/// <summary><c>get</c>, <c>set</c>, <c>rm</c>, <c>info</c>.</summary>
[Collection(SiloCollection.Name)]
public sealed class EntryCommandTests(SiloServer silo)
{
    private readonly CliRun _cli = new(silo.Http.BaseAddress!);

    [Fact]
    public async Task Set_ThenGet_GivesTheValueAsItStands()
    {
        var set = await _cli.Run("set", "cli:value", "höre [red]x[/]", "--tag", "cli:a", "--tag", "cli:[b]", "--life", "hours");
        Assert.Equal((0, "Set: 15 B.\n", ""), (set.Code, set.Text, set.Error));

        var get = await _cli.Run("get", "cli:value");

        Assert.Equal((0, "höre [red]x[/]", ""), (get.Code, get.Text, get.Error));
        var info = (await silo.Http.Info("cli:value")).Json;
        Assert.Equal("""["cli:a","cli:[b]"]""", info.GetProperty("tags").GetRawText());
        Assert.Equal("text/plain; charset=utf-8", info.GetProperty("contentType").GetString());
        Assert.Equal(3_600, info.GetProperty("life").GetProperty("revalidate").GetDouble());
    }

    [Fact]
    public async Task Set_OfTheInput_AndOfAFile_SendsItsBytes()
    {
        Assert.Equal(0, (await new CliRun(silo.Http.BaseAddress!) { Input = "from the input" }.Run("set", "cli:input", "--expire", "2h", "--revalidate", "90s", "--stale", "0")).Code);
        Assert.Equal("from the input", (await silo.Http.Read("cli:input")).Text);
        Assert.Equal("""{"stale":0,"revalidate":90,"expire":7200}""", (await silo.Http.Info("cli:input")).Json.GetProperty("life").GetRawText());

        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, [0, 255, 10]);
        Assert.Equal(0, (await _cli.Run("set", "cli:file", "--file", file, "--content-type", "image/png")).Code);
        Assert.Equal([0, 255, 10], (await silo.Http.Read("cli:file")).Bytes);

        var get = await _cli.Run("get", "cli:file");
        Assert.Equal((0, "AP8K"), (get.Code, Convert.ToBase64String(get.Bytes)));
        Assert.Equal(0, (await _cli.Run("get", "cli:file", "--file", file + ".out")).Code);
        Assert.Equal([0, 255, 10], await File.ReadAllBytesAsync(file + ".out"));
        var json = (await _cli.Run("get", "cli:file", "-o", "json")).Json;
        Assert.Equal(("AP8K", "image/png", 3), (json.GetProperty("base64").GetString(), json.GetProperty("contentType").GetString(), json.GetProperty("length").GetInt32()));
        File.Delete(file);
        File.Delete(file + ".out");
    }

    [Theory]
    [InlineData("\u001b[2Jcleared")]
    [InlineData("turned \u202e round")]
    public async Task Get_AtATerminal_WritesNothingThatSteersIt(string value)
    {
        (await silo.Http.Put("cli:steering", value)).IsDone();

        var get = await new CliRun(silo.Http.BaseAddress!) { IsTerminal = true }.Run("get", "cli:steering");

        Assert.Equal((ExitCode.Usage, ""), (get.Code, get.Text));
        Assert.StartsWith("otc: The value is not text that a terminal can show", get.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_OfNothing_EndsWith3AndTakesNoToken()
    {
        var get = await _cli.Run("get", "cli:nothing");

        Assert.Equal((ExitCode.NotFound, "", "otc: There is no entry with this key.\n"), (get.Code, get.Text, get.Error));

        // A reader that comes now is the one to make it.
        await silo.Http.TakeToken("cli:nothing");
    }

    [Fact]
    public async Task Get_OfAValueThatManyDoNotFitWith_ReadsItAndGivesItsTokenBack()
    {
        var roomy = new RoomySilo();
        await roomy.InitializeAsync();
        var large = new byte[9 * 1024 * 1024];
        (await roomy.Http.Put("cli:large", new ByteArrayContent(large), "&tag=cli:large")).IsDone();
        Assert.Equal(200, (await roomy.Http.Post("/v1/tags/revalidate", new { tags = new[] { "cli:large" }, profile = "max" })).Status);

        var get = await new CliRun(roomy.Http.BaseAddress!).Run("get", "cli:large", "-o", "json");

        Assert.Equal((0, large.Length, "stale"), (get.Code, get.Json.GetProperty("length").GetInt32(), get.Json.GetProperty("state").GetString()));
        Assert.NotNull((await roomy.Http.Read("cli:large")).Token);
        await roomy.DisposeAsync();
    }

    [Fact]
    public async Task Remove_RemovesAll()
    {
        (await silo.Http.Put("cli:rm:1", "1")).IsDone();
        (await silo.Http.Put("cli:rm:2", "1")).IsDone();

        var removed = await _cli.Run("rm", "cli:rm:1", "cli:rm:2");

        Assert.Equal((0, "Removed: 2. No process serves them any more.\n"), (removed.Code, removed.Text));
        Assert.Equal(404, (await silo.Http.Info("cli:rm:1")).Status);
        Assert.Equal(404, (await silo.Http.Info("cli:rm:2")).Status);
    }

    [Fact]
    public async Task Info_TellsOfAnEntry_ByBothWays()
    {
        (await silo.Http.Put("cli:info", "12345", "&tag=cli:t&tag=cli:u&stale=0&revalidate=90&expire=Infinity")).IsDone();

        var table = await _cli.Run("info", "cli:info");
        Assert.Equal(0, table.Code);
        Assert.Contains("Life   stale 0s, revalidate 90s, expire forever", table.Lines);
        Assert.Contains("Size   5 B", table.Lines);
        Assert.Contains("       cli:u", table.Lines);
        Assert.Equal((await silo.Http.Info("cli:info")).Json.GetProperty("silo").GetString(), (await _cli.Run("info", "cli:info", "--output", "json")).Json.GetProperty("silo").GetString());

        var none = await _cli.Run("info", "cli:none", "--output=json");
        Assert.Equal((ExitCode.NotFound, ""), (none.Code, none.Text));
        Assert.StartsWith("""{"error":{"code":"not_found","message":""", none.Error, StringComparison.Ordinal);
    }

    private sealed class RoomySilo : SiloServer
    {
        protected override string[] Settings => ["--TagCache:MaximumPayloadBytes=16777216"];
    }
}
