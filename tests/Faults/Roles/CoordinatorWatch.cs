using OrleansTagCache.Names;

namespace OrleansTagCache.Faults.Roles;

/// <summary>Publishes which silo coordinates changes of a tag, so that it can be killed in the midst of one.</summary>
internal static class CoordinatorWatch
{
    private static readonly TimeSpan LookPeriod = TimeSpan.FromMilliseconds(250);

    public static async Task Run(RoleContext role, IGrainFactory grains, string name)
    {
        var tag = TagId.OfTag(CacheNamespace.Default, TagName.Parse(name).Value);
        using var timer = new PeriodicTimer(LookPeriod, role.Time);
        while (!role.State.IsOver)
        {
            try
            {
                // A client that is not connected yet knows no grains.
                var grain = grains.GetGrain<Contracts.ITagGrain>(tag.Scoped);
                var silo = await grains.GetGrain<IManagementGrain>(0).GetActivationAddress(grain).AsTask().WaitAsync(LookPeriod * 4, role.Time);
                role.State.CoordinatorPort = silo?.Endpoint.Port ?? 0;
            }
            catch (Exception)
            {
                role.State.CoordinatorPort = 0;
            }

            await timer.WaitForNextTickAsync();
        }
    }
}
