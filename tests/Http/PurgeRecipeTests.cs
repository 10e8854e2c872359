using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Threading.Channels;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>The program of docs/how-to/purge.md.</summary>
[Collection(KeyedSiloCollection.Name)]
public sealed class PurgeRecipeTests(KeyedSilo silo)
{
    [Fact]
    public async Task Program_ThatIsStartedAgain_PurgesWhatItHasMissed()
    {
        using var shop = silo.With(silo.All);
        var cdn = new FakeCdn();
        var first = Start(shop, cdn, out var stop);
        await using (stop)
        {
            // Nothing is known of what it has in it.
            Assert.Equal("everything", await cdn.Next());
            await UpdateUntilTold(shop, cdn);
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Soon());
        Assert.Equal(200, (await shop.Update("purge:missed")).Status);
        Assert.Equal(200, (await shop.Update("*")).Status);
        var second = Start(shop, cdn, out stop);
        await using (stop)
        {
            var purged = await cdn.Next();
            while (purged == "purge:first")
            {
                purged = await cdn.Next();
            }

            Assert.Equal(("purge:missed", "everything"), (purged, await cdn.Next()));
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Soon());
        cdn.Position = new Journal.EventPosition(new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), new Dictionary<Guid, long> { [Guid.NewGuid()] = 1 }).ToString();
        var third = Start(shop, cdn, out stop);
        await using (stop)
        {
            Assert.Equal("everything", await cdn.Next());
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third.Soon());
    }

    /// <summary>When the stream is open is not seen from here: what is updated from then on is told.</summary>
    private static async Task UpdateUntilTold(HttpClient shop, FakeCdn cdn)
    {
        Task<string> told = cdn.Next();
        while (!told.IsCompleted)
        {
            Assert.Equal(200, (await shop.Update("purge:first")).Status);
        }

        Assert.Equal("purge:first", await told);
    }

    private static Task Start(HttpClient shop, FakeCdn cdn, out Stop stop)
    {
        var source = new CancellationTokenSource();
        stop = new(source);
        return Task.Run(() => Purger.Run(shop, cdn, TimeProvider.System, source.Token));
    }

    private sealed class Stop(CancellationTokenSource source) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await source.CancelAsync();
    }

    private sealed class FakeCdn : ICdn
    {
        private readonly Channel<string> _purged = Channel.CreateUnbounded<string>();

        public string? Position { get; set; }

        public async Task<string> Next() => await _purged.Reader.ReadAsync().AsTask().Soon();

        public async Task PurgeEverything() => await _purged.Writer.WriteAsync("everything");

        public async Task Purge(string[] tags) => await _purged.Writer.WriteAsync(string.Join(' ', tags));

        public Task<string?> ReadPosition() => Task.FromResult(Position);

        public Task WritePosition(string position)
        {
            Position = position;
            return Task.CompletedTask;
        }
    }

    private interface ICdn
    {
        Task PurgeEverything();

        Task Purge(string[] tags);

        Task<string?> ReadPosition();

        Task WritePosition(string position);
    }

    private static class Purger
    {
        // <readme: purge>
        public static async Task Run(HttpClient silo, ICdn cdn, TimeProvider time, CancellationToken stop)
        {
            var last = await cdn.ReadPosition();
            if (last is null)
            {
                await cdn.PurgeEverything();
            }

            while (true)
            {
                try
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/events");
                    request.Headers.TryAddWithoutValidation("Last-Event-ID", last ?? "");
                    using var response = await silo.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
                    response.EnsureSuccessStatusCode();
                    var events = SseParser.Create(await response.Content.ReadAsStreamAsync(stop));
                    await foreach (var told in events.EnumerateAsync(stop))
                    {
                        var tags = told.EventType == "gap" ? ["*"] : JsonElement.Parse(told.Data).GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!).ToArray();
                        await (tags.Contains("*") ? cdn.PurgeEverything() : cdn.Purge(tags));
                        await cdn.WritePosition(last = events.LastEventId);
                    }
                }
                catch (Exception exception) when (exception is HttpRequestException or IOException)
                {
                    // The silo has gone, or does not serve just now.
                }

                await Task.Delay(TimeSpan.FromSeconds(1), time, stop);
            }
        }

        // </readme>
    }
}
