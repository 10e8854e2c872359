using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Caching.Hybrid;
using OrleansTagCache.Faults.Roles;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Database;

/// <summary>An application process: it reads rows of the database through the cache, <see cref="HybridCache"/>, cached pages of its own, and over HTTP from every silo. It keeps near what it may.</summary>
internal sealed class DatabaseReaderRole(RoleContext role, WebApplication app, ReadRecorder reads)
{
    private const int HybridBurst = 3;

    private static readonly TimeSpan Life = TimeSpan.FromHours(1);
    private static readonly HybridCacheEntryOptions HybridLife = new() { Expiration = Life };

    private readonly Source _source = app.Services.GetRequiredService<Source>();
    private int _requests;

    public static async Task Run(string[] args)
    {
        using var role = new RoleContext(RoleOptions.Read(args));
        using var commits = new CommitState(role.Options.CommitsPath);
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls(role.Own.Address.ToString());
        CacheClient.AddTo(builder, role);
        builder.Services.AddTagCacheOutputCache();
        builder.Services.AddTagCacheHybridCache();
        Source.AddTo(builder.Services, role);
        builder.Services.AddSingleton(role);
        await using var app = builder.Build();
        app.UseOutputCache();
        var reader = new DatabaseReaderRole(role, app, new(role, new CommitJudge(commits, role.Options.Slot)));
        app.MapGet(PageReader.PathOf(Surface.Pages) + "{row:int}", reader.Page).CacheOutput(policy => policy.Expire(Life));
        await app.StartAsync();
        await reader.Work();
        await app.StopAsync();
    }

    private async Task Work()
    {
        var values = new RowReads(role, _source, app.Services.GetRequiredService<ITagCache>(), reads);
        var hybrid = app.Services.GetRequiredService<HybridCache>();
        using var pages = PageReader.NewClient();
        var silos = HttpEntries.ClientsOf(role);
        var http = new HttpEntries(role, reads, DatabaseLayout.KeyOf, DatabaseLayout.PutQueryOf, row => _source.Read(row, new(row), CancellationToken.None));
        var loops = role.Load.Loops
            .SelectMany(loops => Enumerable.Range(0, loops.Loops).Select(loop => (loops, loop)))
            .Select((each, i) => Task.Run(() => Loop(each.loops, each.loop, new((role.Options.Seed * 31) + i)))).ToList();
        role.Ready();
        await Task.WhenAll(loops.Append(role.WhenOver()));
        silos.ForEach(silo => silo.Dispose());

        Task Loop(ReadLoops loops, int loop, Random random)
        {
            var pace = loops.Pace * role.Options.Ease;
            return loops.Surface switch
            {
                Surface.Entries => values.Loop(Surface.Entries, pace, role.Options.Burst, random, values.ReadEntry),
                Surface.Hybrid => values.Loop(Surface.Hybrid, pace, HybridBurst, random, (row, random) => ReadHybrid(hybrid, row, random)),
                Surface.Http => Http(http, silos[loop % silos.Count], pace, random),
                _ => values.Loop(Surface.Pages, pace, burst: 1, random, async (row, _) => await PageReader.Read(pages, role.Own, Surface.Pages, row)),
            };
        }
    }

    private async ValueTask<string?> ReadHybrid(HybridCache cache, int row, Random random) => await cache.GetOrCreateAsync(
        $"hybrid-{DatabaseLayout.KeyOf(row)}",
        (_source, row, random),
        static async (make, token) => await make._source.Read(make.row, make.random, token),
        HybridLife,
        DatabaseLayout.TagsOf(row));

    private async Task Http(HttpEntries entries, HttpClient silo, TimeSpan pace, Random random)
    {
        using var timer = new PeriodicTimer(pace, role.Time);
        while (!role.State.IsOver)
        {
            await entries.Read(silo, DatabaseLayout.AnyRow(random));
            await timer.WaitForNextTickAsync();
        }
    }

    private Task<string> Page(int row, HttpContext request)
    {
        request.Features.GetRequiredFeature<IOutputCacheFeature>().Context.Tags.UnionWith(DatabaseLayout.TagsOf(row));
        return _source.Read(row, new((role.Options.Seed * 31) + Interlocked.Increment(ref _requests)), request.RequestAborted);
    }
}
