namespace OrleansTagCache.Membership;

/// <summary>This silo's own row in the membership table.</summary>
internal sealed class OwnRowReader(IMembershipTable table, SiloAddress self, ITableLoss? loss = null)
{
    /// <summary>
    /// Whether it is there and not dead. A table that has lost everything is told from one that cannot be reached by beginning it anew, as every silo that starts does: an empty one
    /// need not be readable before.
    /// </summary>
    public async Task<bool> IsAlive(CancellationToken cancellationToken)
    {
        try
        {
            return await Read(cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await table.InitializeMembershipTableAsync(tryInitTableVersion: true, cancellationToken);
                return await Read(cancellationToken);
            }
            catch (Exception exception) when (loss?.IsMeantBy(exception) is true)
            {
                return false;
            }
        }
    }

    private async Task<bool> Read(CancellationToken cancellationToken) =>
        (await table.ReadRowAsync(self, cancellationToken)).Members.Any(row => row.Item1.Status != SiloStatus.Dead);
}
