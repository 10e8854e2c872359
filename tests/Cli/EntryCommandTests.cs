using System.Net;
using System.Text;
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
    public async Task Get_OfAValueThatWasLeftOut_ReadsItAlone_AndGivesItsTokenBack()
    {
        using var server = new HttpListener();
        var url = new Uri($"http://127.0.0.1:{FreePorts.Take(1)[0]}/");
        server.Prefixes.Add(url.ToString());
        server.Start();
        var serving = Serve();

        var get = await new CliRun(url).Run("get", "large", "-o", "json");

        Assert.Equal((0, "value", "stale"), (get.Code, get.Json.GetProperty("value").GetString(), get.Json.GetProperty("state").GetString()));
        Assert.Equal(["POST /v1/entries/get ", "GET /v1/entry?key=large&wait=0 ", "POST /v1/entry/abandon?key=large the-token"], await serving.Soon());

        async Task<List<string>> Serve()
        {
            var seen = new List<string>();
            foreach (var (status, body) in new[] { (200, """{"entries":[],"omitted":["large"]}"""), (200, "value"), (204, "") })
            {
                var context = await server.GetContextAsync();
                seen.Add($"{context.Request.HttpMethod} {context.Request.RawUrl} {context.Request.Headers["Tag-Cache-Token"]}");
                (context.Response.StatusCode, context.Response.Headers["Tag-Cache-Token"], context.Response.Headers["Cache-Status"]) = (status, "the-token", "OrleansTagCache; hit; ttl=-5");
                context.Response.Close(Encoding.UTF8.GetBytes(body), willBlock: false);
            }

            return seen;
        }
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
}
