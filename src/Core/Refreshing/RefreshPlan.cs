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
/// <para><b>When a silo dies</b> its entries are lost, refreshed or not, and with its part of the grain directory entries of others. So all batches
/// are due once more, for any silo whose own it is not, and what is missing is loaded; what is fresh costs a look. Without a death nothing is
/// looked at twice, however long a silo takes, and what is missing was removed or updated.</para>
/// </summary>
/// <remarks>Not thread-safe: it belongs to one grain.</remarks>
internal sealed class RefreshPlan
{
    private readonly Batch[] _batches;
    private readonly HashSet<string> _seen;

    /// <param name="batches">The work.</param>
    /// <param name="silos">The silos that were there when the work was collected.</param>
    /// <param name="done">The batches that were done.</param>
    /// <param name="isRescue">Whether that was after a death.</param>
    public RefreshPlan(IReadOnlyList<PlannedBatch> batches, IEnumerable<string> silos, IEnumerable<int> done, bool isRescue)
    {
        _batches = [.. batches.Select(batch => new Batch(batch))];
        _seen = [.. silos];
        IsRescue = isRescue;
        foreach (var number in done)
        {
            _batches[number].IsDone = true;
        }
    }

    /// <summary>Whether a silo has died since the work was collected: what is missing is loaded.</summary>
    public bool IsRescue { get; private set; }

    public int Total => _batches.Sum(batch => batch.Plan.Keys.Length);

    /// <summary>How many keys are not done.</summary>
    public int Left => _batches.Sum(batch => batch.IsDone ? 0 : batch.Plan.Keys.Length);

    /// <summary>Whether all of it is done.</summary>
    public bool IsDone => Array.TrueForAll(_batches, batch => batch.IsDone);

    /// <summary>The batches that are done.</summary>
    public int[] Done => [.. Enumerable.Range(0, _batches.Length).Where(number => _batches[number].IsDone)];

    /// <summary>Takes notice of who is there. To be called before every question about what is left.</summary>
    public void Reconsider(IReadOnlySet<string> alive)
    {
        var isRescue = IsRescue || !_seen.IsSubsetOf(alive);
        _seen.UnionWith(alive);
        foreach (var batch in _batches)
        {
            batch.IsHomeless = !alive.Contains(batch.Plan.Home);
            if (isRescue && !IsRescue)
            {
                (batch.IsDone, batch.Worker) = (false, null);
            }
            else if (batch.Worker is { } worker && !alive.Contains(worker))
            {
                batch.Worker = null;
            }
        }

        IsRescue = isRescue;
    }

    /// <summary>
    /// Work for a silo: what it has already, since the answer may have been lost; else what lives on it; else what lived on a dead one.
    /// </summary>
    public (int Number, PlannedBatch Batch)? Take(string silo)
    {
        var number = Array.FindIndex(_batches, batch => batch.Worker == silo);
        if (number < 0)
        {
            number = Array.FindIndex(_batches, batch => batch.IsPending && batch.Plan.Home == silo);
        }

        if (number < 0)
        {
            number = Array.FindIndex(_batches, batch => batch.IsPending && batch.IsHomeless);
        }

        if (number < 0)
        {
            return null;
        }

        _batches[number].Worker = silo;
        return (number, _batches[number].Plan);
    }

    /// <summary>A silo has done a batch. False if it was not its, or was taken back: then it counts for nothing.</summary>
    /// <param name="number">The batch.</param>
    /// <param name="silo">The silo.</param>
    /// <param name="asRescue">Whether it was done as after a death.</param>
    public bool TryFinish(int number, string silo, bool asRescue)
    {
        if (number < 0 || number >= _batches.Length || _batches[number].Worker != silo || asRescue != IsRescue)
        {
            return false;
        }

        (_batches[number].IsDone, _batches[number].Worker) = (true, null);
        return true;
    }

    private sealed class Batch(PlannedBatch plan)
    {
        public PlannedBatch Plan => plan;

        public bool IsDone { get; set; }

        /// <summary>Its home is dead.</summary>
        public bool IsHomeless { get; set; }

        public string? Worker { get; set; }

        public bool IsPending => !IsDone && Worker is null;
    }
}
