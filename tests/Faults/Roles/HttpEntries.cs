using System.Globalization;
using System.Net;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Roles;

/// <summary>Reads entries over HTTP from a silo, as a program does that is no .NET client, and fills what is missing with the token that it got.</summary>
/// <param name="role">The process.</param>
/// <param name="reads">Where reads are noted.</param>
/// <param name="nameOf">The key of an entry.</param>
/// <param name="putOf">The query that stores it.</param>
/// <param name="make">Makes its value.</param>
internal sealed class HttpEntries(RoleContext role, ReadRecorder reads, Func<int, string> nameOf, Func<int, string> putOf, Func<int, Task<string>> make)
{
    private const string Token = "Tag-Cache-Token";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>A client of each silo.</summary>
    public static List<HttpClient> ClientsOf(RoleContext role) =>
        [.. role.Options.Http.Split(',').Select(port => new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = Patience })];

    public async Task Read(HttpClient silo, int key)
    {
        var begun = reads.Begin(Surface.Http, key);
        try
        {
            await Read(silo, begun);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            // A silo that is down answers nothing: no fault of the cache.
            reads.Failed(begun, Counter.NotAnswered);
        }
    }

    private async Task Read(HttpClient silo, BegunRead begun)
    {
        using var answer = await silo.GetAsync($"/v1/entry?key={nameOf(begun.Key)}&wait=1");
        switch (answer.StatusCode)
        {
            case HttpStatusCode.OK:
                reads.Served(begun, Row.Parse(await answer.Content.ReadAsStringAsync()));
                break;
            case HttpStatusCode.NotFound when !answer.Headers.Contains(Token):
                role.State.Count(role.Options.Slot, Counter.Bypassed);
                break;
            case HttpStatusCode.NotFound:
                break;
            default:
                reads.Failed(begun, Counter.Failed);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"A read got {(int)answer.StatusCode}"));
                break;
        }

        // A stale hit carries a token as well.
        if (answer.Headers.TryGetValues(Token, out var tokens))
        {
            var token = tokens.First();
            if (!await TryFill(silo, begun.Key, token))
            {
                await Abandon(silo, begun.Key, token);
            }
        }
    }

    private async Task<bool> TryFill(HttpClient silo, int key, string token)
    {
        var row = await make(key);
        using var put = new HttpRequestMessage(HttpMethod.Put, putOf(key)) { Content = new StringContent(row) };
        put.Headers.Add(Token, token);
        try
        {
            using var answer = await silo.SendAsync(put);
            return answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.Conflict;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Others need not wait for a token that leads to nothing.</summary>
    private async Task Abandon(HttpClient silo, int key, string token)
    {
        role.State.Count(role.Options.Slot, Counter.NotAnswered);
        using var post = new HttpRequestMessage(HttpMethod.Post, $"/v1/entry/abandon?key={nameOf(key)}");
        post.Headers.Add(Token, token);
        using var answer = await silo.SendAsync(post);
    }
}
