using System.Globalization;
using System.Net;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Roles;

/// <summary>A program that is no .NET client: reads entries over HTTP from every silo, and fills what is missing with the token it got.</summary>
internal sealed class HttpReaderRole(RoleContext role)
{
    private const string Token = "Tag-Cache-Token";

    /// <summary>So many ask each silo at once: a silo that wakes finds all their questions waiting.</summary>
    private const int LoopsPerSilo = 24;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly ReadRecorder _reads = new(role);

    public static async Task Run(string[] args)
    {
        using var role = new RoleContext(RoleOptions.Read(args));
        await new HttpReaderRole(role).Work();
    }

    private async Task Work()
    {
        if (role.Load.IsStorm)
        {
            role.Ready();
            await role.WhenOver();
            return;
        }

        var addresses = role.Options.Http.Split(',').Select(port => new Uri($"http://127.0.0.1:{port}"));
        var clients = addresses.Select(address => new HttpClient { BaseAddress = address, Timeout = Patience }).ToList();
        var loops = clients.SelectMany((client, i) => Enumerable.Range(0, LoopsPerSilo)
            .Select(loop => Task.Run(() => Read(client, new Random((role.Options.Seed * 31) + (i * 1_000) + loop))))).ToList();
        role.Ready();
        await Task.WhenAll(loops);
        clients.ForEach(client => client.Dispose());
    }

    private async Task Read(HttpClient silo, Random random)
    {
        using var timer = new PeriodicTimer(Pace, role.Time);
        while (!role.State.IsOver)
        {
            var begun = _reads.Begin(Surface.Http, random.Next(Layout.Keys));
            try
            {
                await ReadOnce(silo, begun);
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                // A silo that is down answers nothing: no fault of the cache.
                _reads.Failed(begun, Counter.NotAnswered);
            }

            await timer.WaitForNextTickAsync();
        }
    }

    private async Task ReadOnce(HttpClient silo, BegunRead begun)
    {
        using var answer = await silo.GetAsync($"/v1/entry?key={Layout.KeyName(begun.Key)}&wait=1");
        switch (answer.StatusCode)
        {
            case HttpStatusCode.OK:
                _reads.Served(begun, Row.Parse(await answer.Content.ReadAsStringAsync()));
                break;
            case HttpStatusCode.NotFound when !answer.Headers.Contains(Token):
                role.State.Count(role.Options.Slot, Counter.Bypassed);
                break;
            case HttpStatusCode.NotFound:
                break;
            default:
                _reads.Failed(begun, Counter.Failed);
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
        role.State.Count(role.Options.Slot, Counter.Generated);
        var row = new Row(0, role.Options.Slot, role.Time.GetTimestamp());
        row = row with { Version = role.State.VersionOf(key) };
        using var put = new HttpRequestMessage(HttpMethod.Put, Layout.PutQueryOf(key)) { Content = new StringContent(row.ToString()) };
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
        using var post = new HttpRequestMessage(HttpMethod.Post, $"/v1/entry/abandon?key={Layout.KeyName(key)}");
        post.Headers.Add(Token, token);
        using var answer = await silo.SendAsync(post);
    }
}
