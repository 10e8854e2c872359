using OrleansTagCache.Faults.Roles;

namespace OrleansTagCache.Faults.Workload;

/// <summary>Makes one value from the source.</summary>
/// <param name="Role">The process that makes it.</param>
/// <param name="Key">The row.</param>
/// <param name="Hold">How long it holds what it has read before it returns it.</param>
internal sealed record Maker(RoleContext Role, int Key, TimeSpan Hold)
{
    private const int StormHold = 100;

    /// <summary>
    /// Most values are made quickly; some makers hold what they have read for a while before they return it. In a storm most do, so that updates come and
    /// return meanwhile.
    /// </summary>
    public static Maker Of(RoleContext role, int key, Random random) => new(role, key, random.Next(10) switch
    {
        _ when role.Load.IsStorm => TimeSpan.FromMilliseconds(random.Next(StormHold)),
        0 => TimeSpan.FromMilliseconds(random.Next(20, 120)),
        < 4 => TimeSpan.FromMilliseconds(random.Next(1, 5)),
        _ => TimeSpan.Zero,
    });

    /// <summary>As a factory: it learns of some tags only once it has read the row.</summary>
    public async ValueTask<string> Make(CacheContext context, CancellationToken cancellationToken)
    {
        var row = await Read(cancellationToken);
        if (Layout.LateTagNamesOf(Key) is { Length: > 0 } late)
        {
            context.Tag(late);
        }

        return row;
    }

    public async ValueTask<string> Read(CancellationToken cancellationToken)
    {
        Role.State.Count(Role.Options.Slot, Counter.Generated);
        var row = new Row(0, Role.Options.Slot, Role.Time.GetTimestamp());
        row = row with { Version = Role.State.VersionOf(Key) };
        if (Hold > TimeSpan.Zero)
        {
            await Task.Delay(Hold, Role.Time, cancellationToken);
        }

        return row.ToString();
    }
}
