namespace OrleansTagCache.Refreshing;

/// <summary>How many loads each silo may have running for one job, so that they are no more than its bound in the whole cluster.</summary>
/// <remarks>Not thread-safe: it belongs to one grain. It is in memory alone: for the length of a batch after the job has moved there may be twice as many.</remarks>
internal sealed class FillGrants
{
    private readonly Dictionary<string, int> _granted = [];

    /// <summary>The share of a silo that asks for a batch, whose former one is over; zero if none is left.</summary>
    public int Grant(string silo, int maximum, IReadOnlySet<string> alive)
    {
        foreach (var gone in _granted.Keys.Where(other => other == silo || !alive.Contains(other)).ToList())
        {
            _granted.Remove(gone);
        }

        var grant = Math.Min(Math.Max(1, maximum / Math.Max(1, alive.Count)), maximum - _granted.Values.Sum());
        if (grant > 0)
        {
            _granted[silo] = grant;
        }

        return Math.Max(0, grant);
    }

    /// <summary>The silo got no batch.</summary>
    public void Return(string silo) => _granted.Remove(silo);
}
