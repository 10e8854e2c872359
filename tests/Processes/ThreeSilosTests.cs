using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>Three silo processes on Redis: written on one, updated on the second, read on the third.</summary>
public sealed class ThreeSilosTests
{
    [RedisFact]
    public async Task WriteUpdateRead_EachOnAnotherSilo_NeverShowsAnOldValue()
    {
        await using var cluster = await RedisCluster.Start(3);
        for (var round = 0; round < 1_000; round++)
        {
            var (writer, updater, reader) = (cluster.Silos[round % 3], cluster.Silos[(round + 1) % 3], cluster.Silos[(round + 2) % 3]);
            var path = $"/v1/entry?key=page:{round % 10}";
            var text = round.ToString(CultureInfo.InvariantCulture);
            using var write = await writer.PutAsync($"{path}&tag=pages&tag=page:{round % 10}&life=hours", new StringContent(text));
            Assert.Equal(HttpStatusCode.NoContent, write.StatusCode);
            Assert.Equal(text, await reader.GetStringAsync(path));

            using var update = await updater.PostAsJsonAsync("/v1/tags/update", new { tags = new[] { "pages" } });
            Assert.Equal(HttpStatusCode.OK, update.StatusCode);
            using var read = await reader.GetAsync(path + "&wait=0");
            Assert.Equal(HttpStatusCode.NotFound, read.StatusCode);

            // The token that the miss came with makes the next value on another silo, and the third reads it.
            using var fill = new HttpRequestMessage(HttpMethod.Put, $"{path}&tag=pages&life=hours") { Content = new StringContent(text + "!") };
            fill.Headers.Add("Tag-Cache-Token", Assert.Single(read.Headers.GetValues("Tag-Cache-Token")));
            using var filled = await writer.SendAsync(fill);
            Assert.Equal(HttpStatusCode.NoContent, filled.StatusCode);
            Assert.Equal(text + "!", await updater.GetStringAsync(path));
        }
    }
}
