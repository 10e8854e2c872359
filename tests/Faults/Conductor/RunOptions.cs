namespace OrleansTagCache.Faults.Conductor;

/// <summary>What the conductor is told on its command line.</summary>
internal sealed class RunOptions
{
    /// <summary><c>short</c> or <c>full</c>; without faults, <c>storm-pages</c> or <c>storm-nested</c>; <c>database</c>; or <c>upgrade</c>.</summary>
    public string Plan { get; set; } = "short";

    /// <summary>Multiplies the rounds of the plan.</summary>
    public double Scale { get; set; } = 1;

    /// <summary>Only nemeses whose name contains this.</summary>
    public string Only { get; set; } = string.Empty;

    public int Seed { get; set; } = 1;

    /// <summary>Silos that believe themselves alive whatever the membership table says: the run must find violations.</summary>
    public bool WithoutLease { get; set; }

    /// <summary>Nobody calls SetAsync.</summary>
    public bool WithoutSets { get; set; }

    /// <summary>How many standbys each entry has: 0 or 1.</summary>
    public int Standbys { get; set; }

    /// <summary>What keeps the membership of the cluster.</summary>
    public StoreKind Store { get; set; }

    /// <summary>For the plan <c>upgrade</c>: the folder of this program as an earlier version of the repository builds it.</summary>
    public string? Old { get; set; }

    /// <summary>For the plan <c>database</c>: whether writers hold the tags around their transactions; else they update them afterwards.</summary>
    public bool Holds { get; set; } = true;

    /// <summary>For the plan <c>database</c>: writers that commit without waiting for their hold. The run must find violations.</summary>
    public bool Unawaited { get; set; }

    /// <summary>For the plan <c>database</c>: whether writers that hold read through the cache within their transactions.</summary>
    public bool OwnReads { get; set; } = true;

    /// <summary>How writers of a database tell the cache of a transaction.</summary>
    public Database.Telling Telling => Unawaited ? Database.Telling.Unawaited : Holds ? Database.Telling.Held : Database.Telling.Afterwards;

    /// <summary>Where the table is written to as well.</summary>
    public string? Out { get; set; }

    /// <summary>Where the run's folder is made; it is kept if something was violated, or if asked for.</summary>
    public string Folder { get; set; } = Path.GetTempPath();

    public bool Keep { get; set; }

    /// <summary>Says something after every round.</summary>
    public bool Verbose { get; set; }

    /// <summary>The mean pause of an updater after an operation, in milliseconds.</summary>
    public int Pause { get; set; } = 60;

    /// <summary>How many reads a loop of a client begins each hundredth of a second; a client has twelve.</summary>
    public int Burst { get; set; } = 6;

    /// <summary>So many times as long is each reader's time from one read to the next; 1 or more. With 1 the readers take all that two processors have left.</summary>
    public int Ease { get; set; } = 1;

    /// <summary>How long a soak takes (15 if it is not said) or a storm (5).</summary>
    public double? Minutes { get; set; }

    public static RunOptions Read(string[] args) =>
        new ConfigurationBuilder().AddCommandLine(args).Build().Get<RunOptions>() ?? new();
}
