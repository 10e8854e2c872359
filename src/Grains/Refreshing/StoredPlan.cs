using OrleansTagCache.Contracts;

namespace OrleansTagCache.Refreshing;

/// <summary>
/// The work of one pass, as it is kept in grain storage. Written when the pass begins, and once more when the tag is revalidated during it: so an
/// activation that does not know of that cannot end the job.
/// </summary>
[GenerateSerializer, Alias("otc.StoredPlan")]
internal sealed class StoredPlan
{
    /// <summary>The pass; empty when there is no job.</summary>
    [Id(0)]
    public Guid Pass { get; set; }

    /// <summary>The number of the pass, from 1.</summary>
    [Id(1)]
    public int Number { get; set; }

    /// <summary>How many passes in a row ended with loads that had failed.</summary>
    [Id(2)]
    public int FailedPasses { get; set; }

    /// <summary>How many passes in a row could load nothing.</summary>
    [Id(3)]
    public int IdlePasses { get; set; }

    [Id(4)]
    public List<PlannedBatch> Batches { get; set; } = [];

    /// <summary>The silos that were there when the work was collected.</summary>
    [Id(7)]
    public string[] Silos { get; set; } = [];

    /// <summary>Whether the tag was revalidated again since the pass began.</summary>
    [Id(5)]
    public bool Again { get; set; }

    /// <summary>Whether a silo could not be asked, or had more than it said.</summary>
    [Id(6)]
    public bool IsIncomplete { get; set; }

    /// <summary>Of a warm-up, how it is done; null of a refresh.</summary>
    [Id(8)]
    public WarmUpTerms? Fill { get; set; }

    /// <summary>Of a warm-up, its run.</summary>
    [Id(9)]
    public Guid FillRun { get; set; }

    /// <summary>Of a warm-up, what the passes before this one have filled.</summary>
    [Id(10)]
    public int Filled { get; set; }

    /// <summary>Of a warm-up, what was there already.</summary>
    [Id(11)]
    public int FillSkipped { get; set; }

    /// <summary>Of a warm-up, what was left out.</summary>
    [Id(12)]
    public int NoRoom { get; set; }

    /// <summary>Of a warm-up, what was given up.</summary>
    [Id(13)]
    public int FillGivenUp { get; set; }

    /// <summary>Of a warm-up, when it began.</summary>
    [Id(14)]
    public DateTimeOffset? FillBegun { get; set; }

    /// <summary>
    /// The pass that follows this one: what was left and what failed, up to the maxima of <see cref="RefreshJobGrain"/>; and how many keys are given
    /// up. A new revalidation begins the counts anew: it asks again for what has failed.
    /// </summary>
    public (StoredPlan Next, int GivenUp) After(StoredProgress ended)
    {
        var next = new StoredPlan
        {
            Number = Number + 1,
            FailedPasses = ended.Failed.Count > 0 && !Again ? FailedPasses + 1 : 0,
            IdlePasses = ended.Refreshed + ended.Skipped + ended.NoRoom + ended.Failed.Count == 0 && !Again ? IdlePasses + 1 : 0,
            IsIncomplete = IsIncomplete,
            Fill = Fill,
            FillRun = FillRun,
            Filled = Filled + ended.Refreshed,
            FillSkipped = FillSkipped + ended.Skipped,
            NoRoom = NoRoom + ended.NoRoom,
            FillBegun = FillBegun,
        };
        List<KeyPlace> carried =
        [
            .. next.IdlePasses < RefreshJobGrain.MaximumIdlePasses ? ended.Left : [],
            .. next.FailedPasses < RefreshJobGrain.MaximumFailedPasses ? ended.Failed : [],
        ];
        next.Silos = carried.Count > 0 ? Silos : [];
        next.Batches =
        [
            .. carried.GroupBy(key => key.Batch, key => key.Place)
                .Select(keys => Batches[keys.Key] with { Keys = [.. keys.Select(place => Batches[keys.Key].Keys[place])] }),
        ];
        var givenUp = ended.Left.Count + ended.Failed.Count - carried.Count;
        next.FillGivenUp = FillGivenUp + (Fill is null ? 0 : givenUp);
        return (next, givenUp);
    }

    /// <summary>A copy that can be changed and stored while this one stands.</summary>
    public StoredPlan Copy() => (StoredPlan)MemberwiseClone();
}

/// <summary>How far a pass is, as it is kept in grain storage: written again and again, so it does not repeat the keys.</summary>
[GenerateSerializer, Alias("otc.StoredProgress")]
internal sealed class StoredProgress
{
    /// <summary>The pass that this belongs to. Of another pass it says nothing.</summary>
    [Id(0)]
    public Guid Pass { get; set; }

    /// <summary>The batches that were done since the last death.</summary>
    [Id(1)]
    public int[] Done { get; set; } = [];

    /// <summary>How often silos were found to have died.</summary>
    [Id(2)]
    public int Deaths { get; set; }

    /// <summary>The silos that were seen since the last death; none if there was none.</summary>
    [Id(8)]
    public string[] Seen { get; set; } = [];

    [Id(3)]
    public int Refreshed { get; set; }

    [Id(4)]
    public int Skipped { get; set; }

    /// <summary>The keys whose loader failed in this pass, by their batches and their places there.</summary>
    [Id(5)]
    public List<KeyPlace> Failed { get; set; } = [];

    /// <summary>The keys that could not be loaded in this pass.</summary>
    [Id(6)]
    public List<KeyPlace> Left { get; set; } = [];

    /// <summary>How many entries of a warm-up were left out in this pass: their silos are full enough.</summary>
    [Id(9)]
    public int NoRoom { get; set; }

    /// <summary>How long the job had been watched when this was written.</summary>
    [Id(7)]
    public TimeSpan Elapsed { get; set; }
}

/// <summary>Where a key stands in a pass.</summary>
[GenerateSerializer, Immutable, Alias("otc.KeyPlace")]
internal readonly record struct KeyPlace([property: Id(0)] int Batch, [property: Id(1)] int Place);
