namespace OrleansTagCache.Refreshing;

/// <summary>The work of one pass, as it is kept in grain storage: written once, when the pass begins.</summary>
[GenerateSerializer, Alias("otc.StoredPlan")]
internal sealed class StoredPlan
{
    /// <summary>The pass; empty when there is no job.</summary>
    [Id(0)]
    public Guid Pass { get; set; }

    /// <summary>The number of the pass, from 1.</summary>
    [Id(1)]
    public int Number { get; set; }

    /// <summary>How many passes ended with loads that had failed.</summary>
    [Id(2)]
    public int FailedPasses { get; set; }

    [Id(3)]
    public List<PlannedBatch> Batches { get; set; } = [];
}

/// <summary>How far a pass is, as it is kept in grain storage: written again and again, so it does not repeat the keys.</summary>
[GenerateSerializer, Alias("otc.StoredProgress")]
internal sealed class StoredProgress
{
    /// <summary>The pass that this belongs to. Of another pass it says nothing.</summary>
    [Id(0)]
    public Guid Pass { get; set; }

    /// <summary>The batches that were done where their entries lived.</summary>
    [Id(1)]
    public int[] Done { get; set; } = [];

    /// <summary>The batches that were done after the death of the silo that their entries lived on.</summary>
    [Id(2)]
    public int[] Rescued { get; set; } = [];

    [Id(3)]
    public int Refreshed { get; set; }

    [Id(4)]
    public int Skipped { get; set; }

    /// <summary>The keys whose loader failed in this pass.</summary>
    [Id(5)]
    public List<string> Failed { get; set; } = [];

    /// <summary>The keys that nobody could load in this pass.</summary>
    [Id(6)]
    public List<string> Left { get; set; } = [];

    /// <summary>Whether the tag was revalidated again since the pass began, or a silo could not be asked: one more pass follows.</summary>
    [Id(7)]
    public bool Again { get; set; }

    /// <summary>How long the job had been watched when this was written.</summary>
    [Id(8)]
    public TimeSpan Elapsed { get; set; }
}
