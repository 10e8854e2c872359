using OrleansTagCache.Bench.SideBySide.Reporting;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>How much time a run may take.</summary>
internal enum Extent
{
    /// <summary>A look: few and short rounds.</summary>
    Short,

    /// <summary>Figures to cite.</summary>
    Full,

    /// <summary>With what takes longest.</summary>
    All,
}

/// <summary>Something that applications do with caches, and that all peers do here in turns.</summary>
internal interface IWorkload
{
    /// <summary>How the command line calls it.</summary>
    string Name { get; }

    Task<Findings> Run(Extent extent);
}
