namespace OrleansTagCache;

/// <summary>The bounds of a warm-up.</summary>
public class WarmUpOptions
{
    /// <summary>How many entries it fills at most. If there are more arguments, the first are taken, and the log says so (event 2411).</summary>
    /// <value>1 to 100,000; default 10,000.</value>
    [SettingRange(1, 100_000)]
    public int MaximumKeys { get; set; } = 10_000;

    /// <summary>How many of its loads run at a time in the whole cluster. Each silo, and each process that offers the loader, has bounds of its own.</summary>
    /// <value>1 to 1,000; default 16.</value>
    [SettingRange(1, 1_000)]
    public int MaximumLoads { get; set; } = 16;

    /// <summary>A silo whose entries take this part of its <c>MaximumBytes</c> or <c>MaximumEntries</c> is filled no further, so that nothing is evicted for entries that no reader has asked for.</summary>
    /// <value>1 to 95, in percent; default 80.</value>
    [SettingRange(1, 95)]
    public int MaximumFillPercent { get; set; } = 80;
}
