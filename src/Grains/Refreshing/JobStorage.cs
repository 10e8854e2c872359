using Orleans.Storage;

namespace OrleansTagCache.Refreshing;

/// <summary>A job as it is kept in grain storage: its plan, and beside it how far that is.</summary>
/// <remarks>
/// Belongs to one activation, which calls it one at a time. Another activation that has written in between is the job from then on: whatever
/// is written here fails, and <paramref name="giveUp"/> is called.
/// </remarks>
internal sealed class JobStorage(IPersistentState<StoredPlan> plan, IPersistentState<StoredProgress> progress, Action giveUp)
{
    public StoredPlan Plan => plan.State;

    public StoredProgress Progress => progress.State;

    /// <summary>Of another pass the stored progress says nothing; so it may be written later than its plan.</summary>
    public void Begin(StoredProgress next) => progress.State = next;

    /// <summary>Writes the plan, which stays as it was if that fails.</summary>
    public async Task Write(StoredPlan next)
    {
        var before = plan.State;
        plan.State = next;
        try
        {
            await Storing(plan.WriteStateAsync());
        }
        catch (Exception)
        {
            plan.State = before;
            throw;
        }
    }

    public Task WriteProgress() => Storing(progress.WriteStateAsync());

    /// <summary>With this there is no job any more.</summary>
    public async Task ClearPlan()
    {
        if (plan.RecordExists)
        {
            await Storing(plan.ClearStateAsync());
        }

        plan.State = new();
    }

    /// <summary>A progress without its plan says nothing.</summary>
    public async Task ClearProgress()
    {
        if (progress.RecordExists)
        {
            await Storing(progress.ClearStateAsync());
        }

        progress.State = new();
    }

    private async Task Storing(Task storing)
    {
        try
        {
            await storing;
        }
        catch (InconsistentStateException)
        {
            giveUp();
            throw;
        }
    }
}
