namespace OrleansTagCache.Faults.Workload;

/// <summary>So many loops of an application process read through a surface, and how.</summary>
/// <param name="Surface">The surface.</param>
/// <param name="Loops">How many read at once.</param>
/// <param name="Pace">The time from one burst of reads to the next.</param>
internal sealed record ReadLoops(Surface Surface, int Loops, TimeSpan Pace);

/// <summary>What application processes and updaters do. The same in every process of a run.</summary>
internal sealed class Load
{
    /// <summary>Every surface, and every kind of change.</summary>
    public const string Mix = "mix";

    /// <summary>A few pages that are asked for and evicted all the time, by many at once: most requests join another.</summary>
    public const string StormPages = "storm-pages";

    /// <summary>The same with pages that are made from entries of the same tag.</summary>
    public const string StormNested = "storm-nested";

    /// <summary>Rows of a database through several surfaces, and transactions that change them.</summary>
    public const string Database = "database";

    private const int ReadersOfAPage = 3;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan HttpPace = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan StormPace = TimeSpan.FromMilliseconds(3);

    private Load(int nodes, IReadOnlyList<ReadLoops> loops, bool isStorm, params Surface[] others) =>
        (Nodes, Loops, IsStorm, Surfaces) = (nodes, loops, isStorm, [.. loops.Select(each => each.Surface).Concat(others).Order()]);

    /// <summary>So many of the application processes read and are read from.</summary>
    public int Nodes { get; }

    /// <summary>What each of them reads.</summary>
    public IReadOnlyList<ReadLoops> Loops { get; }

    /// <summary>Whether there is one page an updater, which it alone changes, all the time.</summary>
    public bool IsStorm { get; }

    /// <summary>The surfaces that are read, here or in other processes.</summary>
    public IReadOnlyList<Surface> Surfaces { get; }

    public static Load Of(string name) => name switch
    {
        Mix => new(
            int.MaxValue,
            [
                new(Surface.Entries, 12, Pace), new(Surface.Pages, 4, Pace), new(Surface.PagesOfEntries, 4, Pace),
                new(Surface.Fetch, 2, Pace), new(Surface.Nested, 3, Pace),
            ],
            isStorm: false,
            Surface.Http),
        Database => new(
            int.MaxValue,
            [new(Surface.Entries, 10, Pace), new(Surface.Hybrid, 6, Pace), new(Surface.Pages, 3, Pace), new(Surface.Http, 6, HttpPace)],
            isStorm: false,
            Surface.Writers),
        StormPages => new(2, [new(Surface.Pages, Layout.Updaters * ReadersOfAPage, StormPace)], isStorm: true),
        StormNested => new(3, [new(Surface.PagesOfEntries, Layout.Updaters * ReadersOfAPage, StormPace)], isStorm: true),
        _ => throw new ArgumentException($"There is no load '{name}'."),
    };

    /// <summary>The key that a loop reads next.</summary>
    public int KeyOf(Surface surface, int loop, Random random) =>
        IsStorm ? Layout.OwnKeyOf(loop % Layout.Updaters)
        : surface == Surface.Entries ? random.Next(Layout.Keys)
        : Layout.OftenRead(random);
}
