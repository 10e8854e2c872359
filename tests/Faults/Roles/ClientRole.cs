using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Roles;

/// <summary>An application process: loops that read as fast as their pace allows, and generate what is missing.</summary>
internal sealed class ClientRole(RoleContext role, ITagCache cache)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    private readonly ReadRecorder _reads = new(role);

    public static async Task Run(string[] args)
    {
        using var role = new RoleContext(RoleOptions.Read(args));
        using var host = CacheClient.Build(role);
        await host.StartAsync();
        await new ClientRole(role, host.Services.GetRequiredService<ITagCache>()).Work();
        await host.StopAsync();
    }

    private async Task Work()
    {
        var loops = Enumerable.Range(0, role.Options.Loops).Select(loop => Task.Run(() => Read(new Random((role.Options.Seed * 31) + loop)))).ToList();
        role.Ready();
        await Task.WhenAll(loops);
    }

    private async Task Read(Random random)
    {
        using var timer = new PeriodicTimer(Pace, role.Time);
        while (!role.State.IsOver)
        {
            for (var i = 0; i < role.Options.Burst; i++)
            {
                await ReadOnce(random.Next(Layout.Keys), random);
            }

            await timer.WaitForNextTickAsync();
        }
    }

    private async Task ReadOnce(int key, Random random)
    {
        var looksOnly = random.Next(20) == 0;
        var maker = new Maker(role, key, HoldOf(random));
        var begun = _reads.Begin(key);
        try
        {
            if (looksOnly)
            {
                var found = await cache.TryGetAsync<string>(Layout.KeyName(key));
                if (!found.HasValue)
                {
                    return;
                }

                _reads.Served(begun, Row.Parse(found.Value));
                return;
            }

            var text = await cache.GetOrCreateAsync(
                Layout.KeyName(key), maker, static (maker, context, token) => maker.Make(context, token), Layout.OptionsOf(key));
            _reads.Served(begun, Row.Parse(text));
        }
        catch (Exception exception)
        {
            _reads.Failed(begun, Counter.Failed);
            Console.WriteLine($"A read failed: {exception.GetType().Name}: {exception.Message}");
        }
    }

    /// <summary>Most factories are quick; some hold what they have read for a while before they return it.</summary>
    private static TimeSpan HoldOf(Random random) => random.Next(10) switch
    {
        0 => TimeSpan.FromMilliseconds(random.Next(20, 120)),
        < 4 => TimeSpan.FromMilliseconds(random.Next(1, 5)),
        _ => TimeSpan.Zero,
    };

    private sealed record Maker(RoleContext Role, int Key, TimeSpan Hold)
    {
        public async ValueTask<string> Make(CacheContext context, CancellationToken cancellationToken)
        {
            var state = Role.State;
            state.Count(Role.Options.Slot, Counter.Generated);
            var row = new Row(0, Role.Options.Slot, Role.Time.GetTimestamp());
            row = row with { Version = state.VersionOf(Key) };
            if (Hold > TimeSpan.Zero)
            {
                await Task.Delay(Hold, Role.Time, cancellationToken);
            }

            // Tags that are only known once the row has been read.
            if (Layout.LateTagNamesOf(Key) is { Length: > 0 } late)
            {
                context.Tag(late);
            }

            return row.ToString();
        }
    }
}
