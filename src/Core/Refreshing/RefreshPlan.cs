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
/// are due once more, with each death, for any silo once their own is dead, and what is missing is loaded; what is fresh costs a look. Without a
/// death nothing is looked at twice, however long a silo takes, and what is missing was removed or updated.</para>
/// </summary>
/// <remarks>Not thread-safe: it belongs to one grain.</remarks>
internal sealed class RefreshPlan
{
    private readonly Batch[] _batches;
    private readonly bool _isFill;
    private HashSet<string> _seen;

    /// <param name="batches">The work.</param>
    /// <param name="silos">The silos that were there when the work was collected, or last seen.</param>
    /// <param name="done">The batches that were done since the last death.</param>
    /// <param name="deaths">How many deaths there were.</param>
    /// <param name="isFill">Whether any silo may work on any batch when it has none of its own: nothing of it is anywhere yet.</param>
    public RefreshPlan(IReadOnlyList<PlannedBatch> batches, IEnumerable<string> silos, IEnumerable<int> done, int deaths, bool isFill = false)
    {
        _isFill = isFill;
        _batches = [.. batches.Select(batch => new Batch(batch))];
        _seen = [.. silos];
        Deaths = deaths;
        foreach (var number in done)
        {
            _batches[number].IsDone = true;
        }
    }

    /// <summary>How often silos were found to have died since the work was collected. After the first time what is missing is loaded.</summary>
    public int Deaths { get; private set; }

    /// <summary>The silos that were seen since the last death.</summary>
    public IEnumerable<string> Seen => _seen;

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
        var hasDied = !_seen.IsSubsetOf(alive);
        _seen = hasDied ? [.. alive] : [.. _seen, .. alive];
        Deaths += hasDied ? 1 : 0;
        foreach (var batch in _batches)
        {
            batch.IsHomeless = !alive.Contains(batch.Plan.Home);
            if (hasDied)
            {
                (batch.IsDone, batch.Worker) = (false, null);
            }
        }
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
            number = Array.FindIndex(_batches, batch => batch.IsPending && (batch.IsHomeless || _isFill));
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
    /// <param name="deaths">After how many deaths it was handed out.</param>
    public bool TryFinish(int number, string silo, int deaths)
    {
        if (number < 0 || number >= _batches.Length || _batches[number].Worker != silo || deaths != Deaths)
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
