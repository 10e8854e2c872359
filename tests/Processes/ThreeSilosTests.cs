using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>Three silo processes on Redis, or on PostgreSQL: written on one, updated on the second, read on the third.</summary>
public sealed class ThreeSilosTests
{
    [RedisFact]
    public async Task WriteUpdateRead_EachOnAnotherSilo_NeverShowsAnOldValue()
    {
        await using var cluster = await SiloCluster.Start(3);
        await WriteUpdateRead(cluster, rounds: 1_000);
        await WriteSinceMoments(cluster, rounds: 50);
    }

    /// <summary>And again after one of them was killed.</summary>
    [PostgreSqlFact]
    public async Task WriteUpdateRead_OnPostgreSql_NeverShowsAnOldValue_AlsoWhenASiloIsKilled()
    {
        await using var cluster = await SiloCluster.StartOnPostgreSql(3, "--Logging:LogLevel:Orleans=Information");
        await WriteUpdateRead(cluster, rounds: 300);
        await cluster.Kill(0);

        // The secrets of tokens went with it, as the first silo had them: tokens from now on are under new ones, at every silo.
        await cluster.Restart(0);
        await cluster.WhenWhole();
        await WriteUpdateRead(cluster, rounds: 100);
        Assert.DoesNotContain(PostgreSqlServer.Password, cluster.Output, StringComparison.Ordinal);
    }

    private static async Task WriteUpdateRead(SiloCluster cluster, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            var (writer, updater, reader) = (cluster.Silos[round % 3], cluster.Silos[(round + 1) % 3], cluster.Silos[(round + 2) % 3]);
            var path = $"/v1/entry?key=page:{round % 10}";
            var text = round.ToString(CultureInfo.InvariantCulture);
            await Write(writer, reader, path, $"{path}&tag=pages&tag=page:{round % 10}&life=hours", text);

            using var update = await updater.PostAsJsonAsync("/v1/tags/update", new { tags = new[] { "pages" } });
            Assert.Equal(HttpStatusCode.OK, update.StatusCode);
            using var read = await reader.GetAsync(path + "&wait=0");
            Assert.Equal(HttpStatusCode.NotFound, read.StatusCode);

            // The token that the miss came with makes the next value on another silo, and the third reads it.
            using var fill = new HttpRequestMessage(HttpMethod.Put, $"{path}&tag=pages&life=hours") { Content = new StringContent(text + "!") };
            fill.Headers.Add("Tag-Cache-Token", Assert.Single(read.Headers.GetValues("Tag-Cache-Token")));
            using var filled = await writer.SendAsync(fill);
            Assert.True(filled.StatusCode == HttpStatusCode.NoContent, $"Round {round}: {filled.StatusCode}, {await filled.Content.ReadAsStringAsync()}");
            Assert.Equal(text + "!", await updater.GetStringAsync(path));
        }
    }

    /// <summary>
    /// What was made after a moment is stored, and what is older than an update at another silo is not; and no other silo knows the moment. An update is told to be over after it has returned: what was made right
    /// behind it may be refused, and is made again.
    /// </summary>
    private static async Task WriteSinceMoments(SiloCluster cluster, int rounds)
    {
        var again = 0;
        for (var round = 0; round < rounds; round++)
        {
            var (writer, updater, reader) = (cluster.Silos[round % 3], cluster.Silos[(round + 1) % 3], cluster.Silos[(round + 2) % 3]);
            var path = $"/v1/entry?key=since:{round % 10}";
            var early = await Moment(writer);
            using var update = await updater.PostAsJsonAsync("/v1/tags/update", new { tags = new[] { "sinces" } });
            Assert.Equal(HttpStatusCode.OK, update.StatusCode);

            Assert.Equal("superseded", await Put(writer, early, "old"));
            Assert.Equal("unknown_moment", await Put(updater, early, "old"));
            Assert.Equal("unknown_moment", await Put(reader, await Moment(writer), "foreign"));
            while (await Put(writer, await Moment(writer), $"{round}") is { } refused)
            {
                Assert.Equal("superseded", refused);
                Assert.True(++again < rounds, "Too much was made again.");
            }

            Assert.Equal($"{round}", await reader.GetStringAsync(path));
            Assert.Equal($"{round}", await updater.GetStringAsync(path));

            async Task<string?> Put(HttpClient silo, string moment, string text)
            {
                using var put = await silo.PutAsync($"{path}&tag=sinces&life=hours&since={moment}", new StringContent(text));
                return put.StatusCode == HttpStatusCode.NoContent ? null : (await put.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>()).GetProperty("code").GetString();
            }
        }

        static async Task<string> Moment(HttpClient silo)
        {
            using var head = new HttpRequestMessage(HttpMethod.Head, "/v1/entry?key=none");
            using var told = await silo.SendAsync(head);
            return Assert.Single(told.Headers.GetValues("Tag-Cache-As-Of"));
        }
    }

    /// <summary>
    /// Sets and reads it elsewhere. On a machine that is starved the first trip of a set may take so long that the update before it may have come
    /// later: then the set leaves nothing, never an old value, and is made again.
    /// </summary>
    private static async Task Write(HttpClient writer, HttpClient reader, string path, string put, string text)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            using var write = await writer.PutAsync(put, new StringContent(text));
            Assert.Equal(HttpStatusCode.NoContent, write.StatusCode);
            using var read = await reader.GetAsync(path + "&wait=0");
            if (read.StatusCode == HttpStatusCode.OK)
            {
                Assert.Equal(text, await read.Content.ReadAsStringAsync());
                return;
            }

            Assert.Equal(HttpStatusCode.NotFound, read.StatusCode);
            using var abandon = new HttpRequestMessage(HttpMethod.Post, path.Replace("/v1/entry", "/v1/entry/abandon", StringComparison.Ordinal));
            abandon.Headers.Add("Tag-Cache-Token", Assert.Single(read.Headers.GetValues("Tag-Cache-Token")));
            using var abandoned = await writer.SendAsync(abandon);
            Assert.Equal(HttpStatusCode.NoContent, abandoned.StatusCode);
        }

        Assert.Fail("Ten sets in a row left nothing.");
    }
}
