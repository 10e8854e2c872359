using OrleansTagCache.Contracts;

namespace OrleansTagCache.Refreshing;

/// <summary>
/// A job that fills what a warm-up names, instead of what a tag has made stale: its keys are given to it, what is missing is loaded, and any silo works on any batch. Passes, deaths and what has failed are as in a refresh.
/// </summary>
internal sealed partial class RefreshJobGrain
{
    private readonly FillGrants _grants = new();

    public async ValueTask Fill(FillWork work)
    {
        await _gate.WaitAsync();
        try
        {
            if (_pass is null)
            {
                await Store(new()
                {
                    Number = 1,
                    Fill = work.Terms,
                    FillRun = work.Run,
                    Silos = [.. services.Alive()],
                    Batches = [.. work.Keys.GroupBy(services.OwnerOf).SelectMany(keys => keys.Chunk(BatchSize).Select(some => new PlannedBatch(keys.Key, some)))],
                });
                services.Poke(Tag);
            }

            await EnsureReminded();
        }
        finally
        {
            _gate.Release();
        }
    }

    private RefreshBatch? Hand(RefreshPlan pass, string silo)
    {
        var fill = Storage.Plan.Fill;
        var loads = fill is null ? 0 : _grants.Grant(silo, fill.MaximumLoads, _silos);
        if (fill is not null && loads == 0)
        {
            return null;
        }

        if (pass.Take(silo) is not { } work)
        {
            _grants.Return(silo);
            return null;
        }

        return new(Storage.Plan.Pass, work.Number, work.Batch.Keys, pass.Deaths, fill is null ? null : new(loads, fill.FillPercent));
    }
}
