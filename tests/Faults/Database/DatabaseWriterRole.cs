using OrleansTagCache.Faults.Roles;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Database;

/// <summary>A process of an application that changes the database. It also reads what is cached, beside its transactions.</summary>
internal sealed class DatabaseWriterRole(RoleContext role, IHost host, CommitState commits)
{
    private const int ReadLoops = 3;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    public static async Task Run(string[] args)
    {
        using var role = new RoleContext(RoleOptions.Read(args));
        using var commits = new CommitState(role.Options.CommitsPath);
        var builder = Host.CreateApplicationBuilder();
        CacheClient.AddTo(builder, role);
        Source.AddTo(builder.Services, role);
        builder.Services.AddSingleton(role);
        using var host = builder.Build();
        await host.StartAsync();
        await new DatabaseWriterRole(role, host, commits).Work();
        await host.StopAsync();
    }

    private async Task Work()
    {
        var cache = host.Services.GetRequiredService<ITagCache>();
        var index = role.Options.Slot - role.Options.FirstWriter;
        var reads = new ReadRecorder(role, new CommitJudge(commits, role.Options.Slot));
        var values = new RowReads(role, host.Services.GetRequiredService<Source>(), cache, reads);
        var writer = new SourceWriter(role, commits, cache, reads, index, new(role.Options.Seed * 31));
        List<Task> working =
        [
            Task.Run(writer.Run),
            .. Enumerable.Range(1, ReadLoops).Select(i => Task.Run(() => values.Loop(Surface.Writers, Pace * role.Options.Ease, burst: 2, new((role.Options.Seed * 31) + i), values.ReadEntry))),
        ];
        if (index == 0)
        {
            working.Add(Task.Run(() => CoordinatorWatch.Run(role, host.Services.GetRequiredService<IGrainFactory>(), DatabaseLayout.GroupTagOf(0))));
        }

        role.Ready();
        await Task.WhenAll(working);
    }
}
