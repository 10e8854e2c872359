using System.Runtime.Versioning;
using OrleansTagCache.Cli.Running;
using Xunit;

namespace OrleansTagCache.Tests.Cli;

/// <summary>API keys: where they come from, where they go, and that no message holds them. Contexts.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class KeyTests(KeyedSilo silo) : IClassFixture<KeyedSilo>, IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("otc-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Call_WithoutAKey_EndsWith4AndSaysWhatToDo()
    {
        var cluster = await Run().Run("cluster");

        Assert.Equal((ExitCode.Refused, ""), (cluster.Code, cluster.Text));
        Assert.Contains("does not accept the API key, or got none.\n     Set OTC_KEY, --key-file or --key-command", cluster.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WithoutTheScope_EndsWith4AndNamesIt()
    {
        var cluster = await Run().With("OTC_KEY", silo.Reader).Run("cluster");

        Assert.Equal(ExitCode.Refused, cluster.Code);
        Assert.Contains("admin", cluster.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(silo.Reader, cluster.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_IsTakenFromTheEnvironment_AFile_AndACommand()
    {
        var file = Write("key", $"{silo.All}\nsomething else\n");
        Assert.Equal(0, (await Run().With("OTC_KEY", silo.All).Run("cluster")).Code);
        Assert.Equal((0, ""), Told(await Run().Run("cluster", "--key-file", file)));
        Assert.Equal(0, (await Run().Run("cluster", "--key-command", $"cat '{file}'")).Code);

        // The option comes before the variable.
        Assert.Equal(0, (await Run().With("OTC_KEY", "otc_wrong").Run("cluster", "--key-file", file)).Code);

        File.SetUnixFileMode(file, (UnixFileMode)Convert.ToInt32("644", 8));
        var told = Told(await Run().Run("cluster", "--key-file", file));
        Assert.Equal(0, told.Code);
        Assert.StartsWith("Warning: every user of this machine can read the key in", told.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_IsNotSentWithoutTlsToAnotherMachine_UnlessThatIsAllowed()
    {
        var cluster = await new CliRun(new Uri("http://192.0.2.1:8080")).With("OTC_KEY", silo.All).Run("cluster");

        Assert.Equal(ExitCode.Usage, cluster.Code);
        Assert.StartsWith("otc: The API key would travel to http://192.0.2.1:8080 without TLS, where others can read it.", cluster.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Context_HoldsTheWayToTheKey_InAFileForItsOwnerAlone()
    {
        var config = Path.Combine(_folder.FullName, "otc", "contexts.json");
        var cli = new CliRun().With("OTC_CONFIG", config);
        var key = Write("key", silo.All);

        var added = await cli.Run("context", "add", "shop", "--url", silo.Http.BaseAddress!.ToString(), "--key-file", key);
        Assert.Equal((0, $"'shop' is in {config}, and is the current context.\n"), (added.Code, added.Text));
        Assert.Equal(0, (await cli.Run("context", "add", "other", "--url", "http://127.0.0.1:1", "--key-variable", "OTHER")).Code);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(config));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(config)!));
        Assert.DoesNotContain(silo.All, await File.ReadAllTextAsync(config), StringComparison.Ordinal);
        Assert.Equal(0, (await cli.Run("cluster")).Code);
        Assert.Equal(0, (await cli.Run("cluster", "--context", "shop")).Code);

        // The variable that it names is not set.
        var other = await cli.Run("cluster", "-c", "other");
        Assert.Equal((ExitCode.Usage, true), (other.Code, other.Error.Contains("the variable OTHER, which the context names, is empty", StringComparison.Ordinal)));

        Assert.Equal(0, (await cli.Run("context", "use", "other")).Code);
        Assert.Equal(ExitCode.Usage, (await cli.Run("cluster")).Code);
        var list = await cli.Run("context", "list");
        Assert.Contains(list.Lines, line => line.StartsWith("*  other", StringComparison.Ordinal));
        Assert.Equal(0, (await cli.Run("context", "rm", "other")).Code);
        Assert.Equal(["shop"], (await cli.Run("context", "list", "-o", "json")).Json.GetProperty("contexts").EnumerateObject().Select(one => one.Name));
    }

    [Fact]
    public async Task Url_WithoutTheContextBesideIt_IsNotSentTheContextsKey()
    {
        var config = Path.Combine(_folder.FullName, "contexts.json");
        var cli = new CliRun().With("OTC_CONFIG", config);
        var silos = silo.Http.BaseAddress!.ToString();
        Assert.Equal(0, (await cli.Run("context", "add", "shop", "--url", "http://127.0.0.1:1", "--key-file", Write("key", silo.All))).Code);

        Assert.Equal(ExitCode.Refused, (await cli.Run("cluster", "--url", silos)).Code);
        Assert.Equal(0, (await cli.Run("cluster", "--url", silos, "--context", "shop")).Code);
    }

    [Fact]
    public async Task ContextFile_ThatOthersHaveRightsTo_OrIsNone_IsRefused()
    {
        var config = Write("contexts.json", """{"contexts":{"a":{"urls":["http://127.0.0.1:1"]}}}""");
        var cli = new CliRun().With("OTC_CONFIG", config);
        File.SetUnixFileMode(config, (UnixFileMode)Convert.ToInt32("640", 8));

        var open = await cli.Run("context", "list");
        Assert.Equal((ExitCode.Usage, $"otc: '{config}' has rights that it must not have (GroupRead): it says where keys are sent.\n     Look into it, then: chmod 600 '{config}'\n"), (open.Code, open.Error));

        foreach (var text in new[] { "{", "null", """{"contexts":{"a":{"urls":[],"key":"otc_x"}}}""" })
        {
            var none = await new CliRun().With("OTC_CONFIG", Write("bad.json", text)).Run("context", "list");
            Assert.Equal(ExitCode.Usage, none.Code);
            Assert.Contains("is not a file of contexts", none.Error, StringComparison.Ordinal);
        }
    }

    private static (int Code, string Error) Told(Ended ended) => (ended.Code, ended.Error);

    private CliRun Run() => new(silo.Http.BaseAddress!);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
