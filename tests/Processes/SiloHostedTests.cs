using System.Text.RegularExpressions;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>The sample that is an application and a silo in one process: its page, its form, and the HTTP API beside them.</summary>
public sealed partial class SiloHostedTests
{
    [Fact]
    public async Task Notes_AreOfOneCache_ForThePageAndForTheHttpApi()
    {
        var ports = FreePorts.Take(3);
        await using var sample = await ChildProcess.Start(
            "dotnet",
            [Repository.SiloHostedProgram, "--urls", $"http://127.0.0.1:{ports[0]}", $"--Silo:Port={ports[1]}", $"--Silo:GatewayPort={ports[2]}"],
            "Application started.");
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new($"http://127.0.0.1:{ports[0]}") };
        Assert.Equal("ready", (await http.Ask("/health/ready")).Text);

        // Made once, then found, by the page and by the API.
        Assert.Contains("Read 1 from", (await http.Ask("/")).Text, StringComparison.Ordinal);
        var page = (await http.Ask("/")).Text;
        Assert.Contains("Read 1 from", page, StringComparison.Ordinal);
        var entry = await http.Read("notes");
        Assert.True(entry.Ttl > 0);
        Assert.Contains("<li>Water the plants</li>", entry.Text, StringComparison.Ordinal);
        Assert.Equal(["notes"], (await http.Info("notes")).Json.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));

        // The form's page shows what was added.
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("note", "Feed <the> cat"), KeyValuePair.Create("__RequestVerificationToken", TokenOf(page))]);
        var after = await Reply.Of(await http.PostAsync(new Uri("/notes", UriKind.Relative), form));
        Assert.Equal(200, after.Status);
        Assert.Contains("<li>Feed &lt;the&gt; cat</li>", after.Text, StringComparison.Ordinal);
        Assert.Contains("Read 2 from", after.Text, StringComparison.Ordinal);

        // A program that is not .NET expires it too.
        Assert.Equal(1, (await http.Update("notes")).Json.GetProperty("members").GetInt32());
        Assert.Equal(404, (await http.Info("notes")).Status);
        Assert.Contains("Read 3 from", (await http.Ask("/")).Text, StringComparison.Ordinal);
    }

    private static string TokenOf(string page) => HiddenToken().Match(page).Groups[1].Value;

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex HiddenToken();
}
