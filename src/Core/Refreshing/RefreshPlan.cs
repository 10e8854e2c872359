namespace OrleansTagCache.Refreshing;

/// <summary>Keys that are refreshed together.</summary>
/// <param name="Home">The silo that their entries lived on when they were collected.</param>
/// <param name="Keys">The namespaced keys.</param>
[GenerateSerializer, Immutable, Alias("otc.PlannedBatch")]
internal sealed record PlannedBatch([property: Id(0)] string Home, [property: Id(1)] string[] Keys);

/// <summary>
/// One pass of a refresh job: who works on which batch, and what is done. A silo works on what lives on it, so that every value is refreshed
/// where it is.
///
/// <para><b>When a silo dies</b> its entries are lost, refreshed or not. All of its batches are due again, for any silo, and what is missing
/// is loaded. What a live silo works on stays with it, however long it takes: so nothing is loaded twice without a death.</para>
/// </summary>
/// <remarks>Not thread-safe: it belongs to one grain.</remarks>
internal sealed class RefreshPlan
{
    private readonly Batch[] _batches;

    /// <param name="batches">The work.</param>
    /// <param name="done">The batches that were done at home.</param>
    /// <param name="rescued">The batches that were done after their home's death.</param>
    public RefreshPlan(IReadOnlyList<PlannedBatch> batches, IEnumerable<int> done, IEnumerable<int> rescued)
    {
        _batches = [.. batches.Select(batch => new Batch(batch))];
        foreach (var number in done)
        {
            _batches[number].IsDone = true;
        }

        foreach (var number in rescued)
        {
            (_batches[number].IsDone, _batches[number].IsRescue) = (true, true);
        }
    }

    public int Total => _batches.Sum(batch => batch.Plan.Keys.Length);

    /// <summary>The batches that are done, at home and after their home's death.</summary>
    public (int[] AtHome, int[] Rescued) Done => (NumbersOf(batch => batch is { IsDone: true, IsRescue: false }), NumbersOf(batch => batch is { IsDone: true, IsRescue: true }));

    /// <summary>Takes back what dead silos worked on or kept. To be called before every question about what is left.</summary>
    public void Reconsider(IReadOnlySet<string> alive)
    {
        foreach (var batch in _batches)
        {
            if (!batch.IsRescue && !alive.Contains(batch.Plan.Home))
            {
                (batch.IsRescue, batch.IsDone, batch.Worker) = (true, false, null);
            }

            if (batch.Worker is { } worker && !alive.Contains(worker))
            {
                batch.Worker = null;
            }
        }
    }

    /// <summary>
    /// Work for a silo: what it has already, since the answer may have been lost; else what lives on it; else what lived on a dead one.
    /// </summary>
    public (int Number, PlannedBatch Batch, bool LoadMissing)? Take(string silo)
    {
        var number = Array.FindIndex(_batches, batch => batch.Worker == silo);
        if (number < 0)
        {
            number = Array.FindIndex(_batches, batch => batch.IsPending && !batch.IsRescue && batch.Plan.Home == silo);
        }

        if (number < 0)
        {
            number = Array.FindIndex(_batches, batch => batch.IsPending && batch.IsRescue);
        }

        if (number < 0)
        {
            return null;
        }

        _batches[number].Worker = silo;
        return (number, _batches[number].Plan, _batches[number].IsRescue);
    }

    /// <summary>A silo has done a batch. False if it was not its: then it counts for nothing.</summary>
    public bool TryFinish(int number, string silo)
    {
        if (number < 0 || number >= _batches.Length || _batches[number].Worker != silo)
        {
            return false;
        }

        (_batches[number].IsDone, _batches[number].Worker) = (true, null);
        return true;
    }

    /// <summary>Whether all of it is done.</summary>
    public bool IsDone => Array.TrueForAll(_batches, batch => batch.IsDone);

    /// <summary>How many keys are not done.</summary>
    public int Left => _batches.Sum(batch => batch.IsDone ? 0 : batch.Plan.Keys.Length);

    private int[] NumbersOf(Func<Batch, bool> which) => [.. Enumerable.Range(0, _batches.Length).Where(number => which(_batches[number]))];

    private sealed class Batch(PlannedBatch plan)
    {
        public PlannedBatch Plan => plan;

        public bool IsDone { get; set; }

        /// <summary>Its home is dead.</summary>
        public bool IsRescue { get; set; }

        public string? Worker { get; set; }

        public bool IsPending => !IsDone && Worker is null;
    }
}
