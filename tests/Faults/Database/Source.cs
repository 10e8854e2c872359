using Microsoft.EntityFrameworkCore;
using OrleansTagCache.Faults.Roles;
using OrleansTagCache.Faults.Workload;

namespace OrleansTagCache.Faults.Database;

/// <summary>Makes values from the rows of the database, as factories of an application do.</summary>
/// <remarks>Thread-safe: every read has a context of its own.</remarks>
internal sealed class Source(RoleContext role, IDbContextFactory<RowsContext> contexts)
{
    /// <summary>Each process has a pool of its own, and is known by its slot.</summary>
    public static string ConnectionOf(RoleContext role) => $"{role.Options.Database};Maximum Pool Size=16;Application Name={role.Options.Slot}";

    public static void AddTo(IServiceCollection services, RoleContext role) =>
        services.AddSingleton<Source>().AddPooledDbContextFactory<RowsContext>(
            options => options.UseNpgsql(ConnectionOf(role)).UseQueryTrackingBehavior(QueryTrackingBehavior.NoTracking));

    /// <summary>Reads a row, and holds what it has read for a while before it returns it: most of it not at all, some as long as several transactions.</summary>
    public async Task<string> Read(int row, Random random, CancellationToken cancellationToken)
    {
        role.State.Count(role.Options.Slot, Counter.Generated);
        var made = new Row(0, role.Options.Slot, role.Time.GetTimestamp());
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            made = made with { Version = await context.VersionOf(row) };
        }

        var hold = random.Next(10) switch { 0 => random.Next(20, 120), < 4 => random.Next(1, 5), _ => 0 };
        if (hold > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(hold), role.Time, cancellationToken);
        }

        return made.ToString();
    }

    /// <summary>The same as a factory, which may learn of its tag only now.</summary>
    public async ValueTask<string> Make(int row, Random random, CacheContext context, CancellationToken cancellationToken)
    {
        var made = await Read(row, random, cancellationToken);
        if (DatabaseLayout.IsLearntLate(row))
        {
            context.Tag(DatabaseLayout.TagsOf(row));
        }

        return made;
    }
}
