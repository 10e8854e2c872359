using OrleansTagCache.Cli.Running;
using Xunit;

namespace OrleansTagCache.Tests.Cli;

/// <summary><c>tag</c>, <c>tags</c>, <c>keys</c>, <c>update</c>, <c>revalidate</c>, <c>cluster</c>.</summary>
[Collection(SiloCollection.Name)]
public sealed class TagCommandTests(SiloServer silo)
{
    private readonly CliRun _cli = new(silo.Http.BaseAddress!);

    [Fact]
    public async Task Update_ExpiresWhatBearsATag_AndSaysHowManyHaveConfirmed()
    {
        (await silo.Http.Put("cli:update", "1", "&tag=cli:updated")).IsDone();

        var update = await _cli.Run("update", "cli:updated", "cli:other");

        Assert.Equal(0, update.Code);
        Assert.Matches(@"^Updated 2 tags in [0-9.]+ ms: 1 silo has confirmed, and no process serves what they expired\.\n$", update.Text);
        Assert.Equal(404, (await silo.Http.Info("cli:update")).Status);
        Assert.Equal(1, (await _cli.Run("update", "cli:updated", "-o", "json")).Json.GetProperty("members").GetInt32());
    }

    [Fact]
    public async Task Update_OfAll_ExpiresWhatBearsEveryTag_AndNothingElse()
    {
        (await silo.Http.Put("cli:all", "1", "&tag=cli:all:a&tag=cli:all:b")).IsDone();
        (await silo.Http.Put("cli:some", "1", "&tag=cli:all:a")).IsDone();

        // All entries bear '*', so it asks for no word beside another tag.
        var update = await _cli.Run("update", "cli:all:a", "cli:all:b", "*", "--all");

        Assert.Equal(0, update.Code);
        Assert.Equal((404, 200), ((await silo.Http.Info("cli:all")).Status, (await silo.Http.Info("cli:some")).Status));
    }

    [Theory]
    [InlineData]
    [InlineData("--all")]
    public async Task Update_OfEverything_WantsAWordWhereNoOneCanBeAsked(params string[] how)
    {
        (await silo.Http.Put("cli:everything", "1")).IsDone();

        var update = await _cli.Run(["update", "*", .. how]);

        Assert.Equal((ExitCode.Usage, "otc: An update of '*', every entry of the namespace, needs --yes where no one can be asked.\n"), (update.Code, update.Error));
        Assert.Equal(200, (await silo.Http.Info("cli:everything")).Status);
    }

    [Theory]
    [InlineData]
    [InlineData("--profile", "max")]
    [InlineData("--expire", "1h")]
    [InlineData("--expire", "forever")]
    public async Task Revalidate_MarksWhatBearsATagStale(params string[] how)
    {
        (await silo.Http.Put("cli:revalidate", "1", "&tag=cli:revalidated&life=hours")).IsDone();

        var revalidated = await _cli.Run(["revalidate", "cli:revalidated", .. how]);

        Assert.Equal(0, revalidated.Code);
        Assert.Equal("stale", (await silo.Http.Info("cli:revalidate")).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task Tag_TellsWhatIsKnownOfIt()
    {
        (await silo.Http.Put("cli:tag:1", "1", "&tag=cli:tag")).IsDone();
        (await silo.Http.Put("cli:tag:2", "1", "&tag=cli:tag")).IsDone();
        Assert.Equal(200, (await silo.Http.Post("/v1/tags/revalidate", new { tags = new[] { "cli:tag" }, profile = "max" })).Status);

        var tag = await _cli.Run("tag", "cli:tag");

        Assert.Equal(0, tag.Code);
        Assert.Contains("Dependents         2", tag.Lines);
        Assert.Contains("Last update        not remembered", tag.Lines);
        Assert.Contains(tag.Lines, line => line.StartsWith("Last revalidation  ", StringComparison.Ordinal) && line.EndsWith(" ago", StringComparison.Ordinal));
        Assert.Equal(2, (await _cli.Run("tag", "cli:tag", "-o", "json")).Json.GetProperty("dependents").GetInt32());
    }

    [Fact]
    public async Task Tags_AndKeys_AreListedByPagesOrWhole()
    {
        for (var i = 0; i < 5; i++)
        {
            (await silo.Http.Put($"cli:list:{i}", "1", $"&tag=cli:list:{i}&tag=cli:list")).IsDone();
        }

        var first = await _cli.Run("tags", "cli:list", "--limit", "2");
        Assert.Equal(["DEPENDENTS  TAG", "         5  cli:list", "         1  cli:list:0"], first.Lines);
        Assert.Equal("There are more: --after 'cli:list:0', or --all.\n", first.Error);
        var rest = await _cli.Run("tags", "cli:list", "--after", "cli:list:0", "-o", "json");
        Assert.Equal(["cli:list:1", "cli:list:2", "cli:list:3", "cli:list:4"], rest.Json.GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("tag").GetString()));
        Assert.Equal(7, (await _cli.Run("tags", "cli:list", "--limit", "2", "--all")).Lines.Length);

        Assert.Equal(["cli:list:0", "cli:list:1"], (await _cli.Run("keys", "cli:list", "--limit", "2")).Lines);
        Assert.Equal(["cli:list:0", "cli:list:1", "cli:list:2", "cli:list:3", "cli:list:4"], (await _cli.Run("keys", "cli:list", "--limit", "2", "--all")).Lines);
        var none = await _cli.Run("keys", "cli:list:none");
        Assert.Equal((0, "", "No entry bears the tag.\n"), (none.Code, none.Text, none.Error));
    }

    [Fact]
    public async Task Cluster_ShowsWhatIsHeld()
    {
        var id = await silo.Http.TakeHold("cli:held");

        Assert.Contains((await _cli.Run("cluster")).Lines, line => line.StartsWith("1 hold of tags is held, the oldest for ", StringComparison.Ordinal));

        Assert.Equal(200, (await silo.Http.Release(id, "cli:held")).Status);
        Assert.DoesNotContain("held", (await _cli.Run("cluster")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_ShowsItsSilos()
    {
        var cluster = await _cli.Run("cluster");

        Assert.Equal(0, cluster.Code);
        Assert.StartsWith("Cluster 'tagcache': 1 of 1 silo serves, with ", cluster.Text, StringComparison.Ordinal);
        Assert.Equal(["SILO", "STATE", "LEASE", "ENTRIES", "BYTES", "HITS", "SESSIONS"], cluster.Lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("  serving  ", cluster.Lines[2], StringComparison.Ordinal);
        Assert.All(cluster.Lines[1..], line => Assert.InRange(line.Length, 1, 80));
        Assert.Equal("tagcache", (await _cli.Run("cluster", "-o", "json")).Json.GetProperty("clusterId").GetString());
    }
}
