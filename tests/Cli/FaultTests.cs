using System.Net;
using System.Net.Sockets;
using OrleansTagCache.Cli.Running;
using Xunit;

namespace OrleansTagCache.Tests.Cli;

/// <summary>What a user may get wrong: each is told what, and which limit; nothing has happened, and the exit code says which kind it is.</summary>
[Collection(SiloCollection.Name)]
public sealed class FaultTests(SiloServer silo)
{
    public static readonly TheoryData<string[], string> Wrong = new()
    {
        { ["foo"], "otc: Unknown command 'foo'." },
        { ["get"], "otc: Command 'get' is missing required argument 'KEY'." },
        { ["get", "a", "--nonsense"], "otc: Unknown option 'nonsense'." },
        { ["get", "a", "-o", "xml"], "otc: --output must be table or json; it is 'xml'." },
        { ["get", ""], "otc: A key must have at least 1 UTF-16 unit" },
        { ["get", "a", "--url", "ftp://x"], "otc: 'ftp://x' is not the URL of a silo." },
        { ["get", "a", "--url", "http://user:pass@x"], "otc: The URL of a silo has a user, a query or a fragment" },
        { ["get", "a", "--timeout", "0"], "otc: --timeout must be a duration from 100ms to 10m, such as 90s, 5m, 2h or 7d; it is '0'." },
        { ["get", "a", "--key", "otc_secret"], "otc: A key does not belong on the command line" },
        { ["get", "a", "--key=otc_secret"], "otc: A key does not belong on the command line" },
        { ["get", "a", "--key-file", "/nowhere/key"], "otc: The key file '/nowhere/key' cannot be read" },
        { ["get", "a", "--key-file", "x", "--key-command", "y"], "otc: Give either --key-file or --key-command; this call gives both." },
        { ["get", "a", "--key-command", "exit 3"], "otc: The key command 'exit 3' ended with exit code 3." },
        { ["get", "a", "--key-command", "echo"], "otc: The API key cannot be used: the first line that 'echo' prints is empty." },
        { ["get", "a", "--ca", "/nowhere/ca.pem"], "otc: --ca names '/nowhere/ca.pem', which cannot be read" },
        { ["get", "a", "--cert-key", "x"], "otc: --cert-key names the private key of a certificate, and --cert names none." },
        { ["get", "a", "--context", "none"], "otc: There is no context 'none' in '/nowhere/contexts.json'." },
        { ["set", "a", "v", "--file", "x"], "otc: Give either VALUE or --file; this call gives both." },
        { ["set", "a", "--file", "/nowhere/value"], "otc: '/nowhere/value' cannot be read" },
        { ["set", "a", "v", "--life", "hours", "--expire", "1h"], "otc: Give a life either by --life or by --stale" },
        { ["set", "a", "v", "--life", "foo"], "otc: There is no life profile of that name" },
        { ["set", "a", "v", "--expire", "soon"], "otc: --expire must be a duration of 0 or more, such as 90s, 5m, 2h or 7d, or 'forever'; it is 'soon'." },
        { ["set", "a", "v", "--expire", "1s", "--revalidate", "1m"], "otc: Expire must not be less than Revalidate" },
        { ["set", "a", "v", "--tag", "*"], "otc: The tag '*' is reserved" },
        { ["tags", "--limit", "1001"], "otc: --limit must be a whole number from 1 to 1000; it is 1001." },
        { ["keys", "t", "--limit", "many"], "otc: " },
        { ["update", .. Enumerable.Range(0, 129).Select(i => $"t{i}")], "otc: A call may name at most 128 tags; this one names 129." },
        { ["update", new string('t', 257)], "otc: A tag may have at most 256 UTF-16 units; this one has 257." },
        { ["revalidate", "t", "--profile", "max", "--expire", "1h"], "otc: Give either --profile or --expire; this call gives both." },
        { ["completion", "tcsh"], "otc: There is completion for bash, zsh and fish; this is 'tcsh'." },
        { ["context", "add", "a b", "--url", "http://x"], "otc: The name of a context has up to 64 letters" },
        { ["context", "add", "a"], "otc: No URL of a silo is given." },
        { ["context", "use", "none"], "otc: There is no context 'none'" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public async Task CommandLine_ThatIsWrong_IsToldWhat(string[] args, string told)
    {
        var ended = await new CliRun(silo.Http.BaseAddress!).Run(args);

        Assert.Equal((ExitCode.Usage, ""), (ended.Code, ended.Text));
        Assert.StartsWith(told, ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_WithHalfOfACharacter_IsToldSo()
    {
        var ended = await new CliRun(silo.Http.BaseAddress!).Run("set", "a\ud800", "v");

        Assert.Equal((ExitCode.Usage, "otc: The key is not sound text: it has half of a surrogate pair.\n"), (ended.Code, ended.Error));
    }

    [Fact]
    public async Task Silo_ThatDoesNotAnswer_IsPassedOverForTheNext()
    {
        (await silo.Http.Put("cli:failover", "1")).IsDone();
        var gone = new Uri($"http://127.0.0.1:{FreePorts.Take(1)[0]}");

        var get = await new CliRun(gone, silo.Http.BaseAddress!).Run("get", "cli:failover");

        Assert.Equal((0, "1"), (get.Code, get.Text));
        Assert.Equal($"http://127.0.0.1:{gone.Port} does not answer: the connection is refused. Nothing listens there, or a firewall refuses it; asking the next silo.\n", get.Error);
    }

    [Fact]
    public async Task Silos_OfWhichNoneAnswers_EndWith5AndTellOfEach()
    {
        var ports = FreePorts.Take(1);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();

        var get = await new CliRun(new Uri($"http://127.0.0.1:{ports[0]}"), new Uri($"http://{silent.LocalEndpoint}")).Run("get", "a", "--timeout", "300ms");

        Assert.Equal((ExitCode.Unreachable, ""), (get.Code, get.Text));
        Assert.Contains("otc: None of 2 silos answers: ", get.Error, StringComparison.Ordinal);
        Assert.Contains($"http://{silent.LocalEndpoint} did not answer within 300ms", get.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatIsNoSilo_IsCalledOne()
    {
        using var other = new HttpListener();
        var url = new Uri($"http://127.0.0.1:{FreePorts.Take(1)[0]}/");
        other.Prefixes.Add(url.ToString());
        other.Start();
        var answering = AnswerOnce(other);

        var get = await new CliRun(url).Run("cluster");

        await answering.Soon();
        Assert.Equal((ExitCode.Unreachable, $"otc: {url.ToString().TrimEnd('/')} answers 200, and not as a silo does.\n     Is it the URL of a silo's HTTP API? A proxy in front of it may have answered.\n"), (get.Code, get.Error));
    }

    [Fact]
    public async Task Interrupted_EndsWith130()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var interrupted = new CancellationTokenSource();
        var accepted = silent.AcceptSocketAsync();

        var ending = new CliRun(new Uri($"http://{silent.LocalEndpoint}")).Run(interrupted.Token, "get", "a");
        using var socket = await accepted.Soon();
        await interrupted.CancelAsync();

        var ended = await ending;
        Assert.Equal((ExitCode.Interrupted, ""), (ended.Code, ended.Error));
    }

    private static async Task AnswerOnce(HttpListener server)
    {
        var context = await server.GetContextAsync();
        await using var body = context.Response.OutputStream;
        await body.WriteAsync("<html>"u8.ToArray());
    }
}
