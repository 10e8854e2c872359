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
                    FillBegun = services.Time.GetUtcNow(),
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

    public ValueTask<RefreshProgress?> Describe()
    {
        if (_pass is null)
        {
            return new((RefreshProgress?)null);
        }

        // Of a warm-up, with the passes before this one.
        var (plan, now) = (Storage.Plan, Storage.Progress);
        return new(new RefreshProgress(
            _pass.Total + plan.Filled + plan.FillSkipped + plan.NoRoom + plan.FillGivenUp,
            plan.Filled + now.Refreshed,
            plan.FillSkipped + now.Skipped,
            plan.FillGivenUp + now.Failed.Count,
            _pass.Left + now.Left.Count,
            plan.Number,
            Elapsed,
            plan.NoRoom + now.NoRoom,
            plan.FillBegun,
            plan.Fill is null ? null : services.Self));
    }

    /// <summary>What silos are to remember of a job that is over.</summary>
    private WarmUpMark MarkOf(StoredPlan over) => new(
        over.FillRun,
        IsDone: true,
        over.Filled,
        over.FillSkipped,
        over.FillGivenUp,
        over.NoRoom,
        over.FillBegun,
        services.Time.GetUtcNow(),
        over.Fill?.Loader,
        services.Self);

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
