using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>The files of the operators' page, as anyone gets them.</summary>
[Collection(UiSiloCollection.Name)]
public sealed partial class UiFileTests(UiSilo silo)
{
    private static string Folder => Path.Combine(Repository.Root, "src", "Http", "Ui", "Files");

    public static TheoryData<string> Files => [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
        .Where(file => !file.EndsWith(".md", StringComparison.Ordinal))
        .Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/'))
        .Select(file => file == "index.html" ? "/ui" : $"/ui/{file}")];

    [Theory, MemberData(nameof(Files))]
    public async Task File_IsServedUnderAPolicyThatLetsNothingElseIn(string path)
    {
        var reply = await silo.Http.Ask(path);

        Assert.Equal((200, TypeOf(path)), (reply.Status, reply.ContentType));
        Assert.Equal(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
            + "require-trusted-types-for 'script'; trusted-types 'none'",
            reply.Header("Content-Security-Policy"));
        Assert.Equal(
            ("nosniff", "DENY", "no-referrer", "same-origin", "same-origin", "no-cache"),
            (reply.Header("X-Content-Type-Options"), reply.Header("X-Frame-Options"), reply.Header("Referrer-Policy"), reply.Header("Cross-Origin-Opener-Policy"),
                reply.Header("Cross-Origin-Resource-Policy"), reply.Header("Cache-Control")));

        var head = await silo.Http.Send(HttpMethod.Head, path);
        Assert.Equal((200, reply.Header("Content-Length"), 0), (head.Status, head.Header("Content-Length"), head.Bytes.Length));
        using var again = silo.Page(("If-None-Match", reply.Header("ETag")));
        Assert.Equal(304, (await again.Ask(path)).Status);
    }

    [Fact]
    public async Task Page_WithASlashBehindIt_IsFoundWithoutOne()
    {
        var answer = await RawCall.Exchange(silo.Http.BaseAddress!, "GET /ui/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 308 ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nLocation: ../ui\r\n", answer, StringComparison.Ordinal);
    }

    /// <summary>The policy would refuse them in the browser: this names the place.</summary>
    [Fact]
    public void Files_HaveNoInlineScriptNoStyleAttributeAndNothingFromElsewhere()
    {
        foreach (var file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Where(file => !file.Contains("vendor", StringComparison.Ordinal)))
        {
            var text = File.ReadAllText(file).Replace("http://www.w3.org/2000/svg", string.Empty, StringComparison.Ordinal);
            Assert.DoesNotMatch(Unwanted(), text);
            Assert.True(text.Split('\n').Length <= 500, $"{file} is long.");
        }
    }

    [Fact]
    public void CodeOfOthers_IsAsItWasPublished()
    {
        var folder = Path.Combine(Folder, "vendor");
        var rows = Row().Matches(File.ReadAllText(Path.Combine(folder, "README.md"))).ToDictionary(row => row.Groups[1].Value, row => row.Groups[2].Value);
        var hashes = Directory.EnumerateFiles(folder).Where(file => !file.EndsWith("README.md", StringComparison.Ordinal))
            .ToDictionary(file => Path.GetFileName(file), file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))));
        Assert.Equal(hashes.OrderBy(file => file.Key, StringComparer.Ordinal), rows.OrderBy(file => file.Key, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Value_ThatABrowserIsLedTo_RunsNothing()
    {
        using var http = silo.Page(("Authorization", $"Bearer {silo.Operator}"));
        (await http.Put("ui:html", new StringContent("<script>alert(1)</script>", null, "text/html"))).IsDone();
        var reply = await http.Read("ui:html");
        Assert.Equal(("nosniff", "default-src 'none'; sandbox"), (reply.Header("X-Content-Type-Options"), reply.Header("Content-Security-Policy")));
    }

    private static string TypeOf(string file) => Path.GetExtension(file) switch
    {
        "" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".txt" => "text/plain; charset=utf-8",
        _ => "image/svg+xml",
    };

    [GeneratedRegex(@"https?://|\sstyle=|<style|\son\w+=""|javascript:|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|localStorage|sessionStorage|document\.cookie|@import")]
    private static partial Regex Unwanted();

    [GeneratedRegex(@"\| `([^`]+)` \|[^\n]*\| `([0-9a-f]{64})` \|")]
    private static partial Regex Row();
}

/// <summary>A silo whose page is turned off.</summary>
public sealed class WithoutUiSilo : SiloServer
{
    protected override string[] Settings => ["--TagCache:Ui:Enabled=false"];
}

/// <summary>Without the page nothing of it is there.</summary>
public sealed class WithoutUiTests(WithoutUiSilo silo) : IClassFixture<WithoutUiSilo>
{
    [Theory]
    [InlineData("/ui")]
    [InlineData("/ui/main.js")]
    [InlineData("/ui/session")]
    public async Task Page_ThatIsTurnedOff_IsNotThere(string path) => Assert.Equal(404, (await silo.Http.Ask(path)).Status);
}
