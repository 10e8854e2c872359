using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Roles;

/// <summary>An application process: it serves pages, and loops in it read through every surface as fast as their pace allows, and make what is missing.</summary>
internal sealed class ClientRole(RoleContext role, ITagCache cache, Values values) : IDisposable
{
    /// <summary>One read of an entry in so many only looks.</summary>
    private const int LookEvery = 20;

    private readonly ReadRecorder _reads = new(role);
    private readonly HttpClient _pages = PageReader.NewClient();

    public static async Task Run(string[] args)
    {
        using var role = new RoleContext(RoleOptions.Read(args));
        await using var app = Application.Build(role);
        await app.StartAsync();
        using var client = new ClientRole(role, app.Services.GetRequiredService<ITagCache>(), app.Services.GetRequiredService<Values>());
        await client.Work();
        await app.StopAsync();
    }

    public void Dispose() => _pages.Dispose();

    private async Task Work()
    {
        IReadOnlyList<ReadLoops> all = role.Nodes.Contains(role.Own) ? role.Load.Loops : [];
        var loops = all
            .SelectMany(loops => Enumerable.Range(0, loops.Loops).Select(loop => (loops, loop)))
            .Select((each, i) => Task.Run(() => Read(each.loops, each.loop, new Random((role.Options.Seed * 31) + i)))).ToList();
        role.Ready();
        await Task.WhenAll(loops.Append(role.WhenOver()));
    }

    private async Task Read(ReadLoops loops, int loop, Random random)
    {
        using var timer = new PeriodicTimer(loops.Pace * role.Options.Ease, role.Time);
        var burst = loops.Surface == Surface.Entries ? role.Options.Burst : 1;
        while (!role.State.IsOver)
        {
            for (var i = 0; i < burst; i++)
            {
                await ReadOnce(loops.Surface, role.Load.KeyOf(loops.Surface, loop, random), random);
            }

            await timer.WaitForNextTickAsync();
        }
    }

    private async Task ReadOnce(Surface surface, int key, Random random)
    {
        // Every other page is another process's: it may stand still, and is asked all the same.
        var from = surface is Surface.Pages or Surface.PagesOfEntries && random.Next(2) == 0 ? role.Nodes[random.Next(role.Nodes.Count)] : role.Own;
        var begun = _reads.Begin(surface, surface == Surface.Entries ? key : Layout.DerivedFrom(key), from.Slot);
        try
        {
            if (await Read(surface, key, from, random) is { } text)
            {
                _reads.Served(begun, Row.Parse(text));
            }
        }
        catch (HttpRequestException exception) when (exception.StatusCode is null && from != role.Own)
        {
            // A process that is down answers nothing: no fault of the cache.
            _reads.Failed(begun, Counter.NotAnswered);
        }
        catch (Exception exception)
        {
            _reads.Failed(begun, Counter.Failed);
            Console.WriteLine($"A read through {Surfaces.NameOf(surface)} failed: {exception.GetType().Name}: {exception.Message}");
        }
    }

    private async ValueTask<string?> Read(Surface surface, int key, Node from, Random random) => surface switch
    {
        Surface.Entries when random.Next(LookEvery) == 0 => (await cache.TryGetAsync<string>(Layout.KeyName(key))).ValueOrDefault,
        Surface.Entries => await values.Entry(key, random, CancellationToken.None),
        Surface.Fetch => await values.Fetch(key, CancellationToken.None),
        Surface.Nested => await values.Nested(key, random, CancellationToken.None),
        _ => await PageReader.Read(_pages, from, surface, key),
    };
}
