using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Roles;

/// <summary>A program that is no .NET client: reads entries over HTTP from every silo, and fills what is missing with the token it got.</summary>
internal sealed class HttpReaderRole(RoleContext role)
{
    /// <summary>So many ask each silo at once: a silo that wakes finds all their questions waiting.</summary>
    private const int LoopsPerSilo = 24;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(60);

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

        var entries = new HttpEntries(role, new(role), Layout.KeyName, Layout.PutQueryOf, Make);
        var clients = HttpEntries.ClientsOf(role);
        var loops = clients.SelectMany((client, i) => Enumerable.Range(0, LoopsPerSilo)
            .Select(loop => Task.Run(() => Read(entries, client, new Random((role.Options.Seed * 31) + (i * 1_000) + loop))))).ToList();
        role.Ready();
        await Task.WhenAll(loops);
        clients.ForEach(client => client.Dispose());
    }

    private async Task Read(HttpEntries entries, HttpClient silo, Random random)
    {
        using var timer = new PeriodicTimer(Pace * role.Options.Ease, role.Time);
        while (!role.State.IsOver)
        {
            await entries.Read(silo, random.Next(Layout.Keys));
            await timer.WaitForNextTickAsync();
        }
    }

    private Task<string> Make(int key) => new Maker(role, key, TimeSpan.Zero).Read(CancellationToken.None).AsTask();
}
