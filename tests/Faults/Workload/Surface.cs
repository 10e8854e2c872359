namespace OrleansTagCache.Faults.Workload;

/// <summary>A way by which somebody reads what is cached.</summary>
internal enum Surface
{
    /// <summary>The cache itself, in a client process.</summary>
    Entries,

    /// <summary>The HTTP API of a silo.</summary>
    Http,

    /// <summary>Output caching: pages that are made from the source itself.</summary>
    Pages,

    /// <summary>Output caching: pages that are made from what is cached.</summary>
    PagesOfEntries,

    /// <summary>Requests to the origin by an <see cref="HttpClient"/> that caches.</summary>
    Fetch,

    /// <summary>Entries that are made from what is cached, and have no tag of their own.</summary>
    Nested,

    /// <summary>Microsoft's <c>HybridCache</c> over the cluster's cache.</summary>
    Hybrid,

    /// <summary>The cache itself, in a process that writes into the source and reads within its transactions.</summary>
    Writers,
}

internal static class Surfaces
{
    public static string NameOf(Surface surface) => surface switch
    {
        Surface.Entries => "entries",
        Surface.Http => "HTTP API",
        Surface.Pages => "pages",
        Surface.PagesOfEntries => "pages of entries",
        Surface.Fetch => "fetch",
        Surface.Nested => "nested",
        Surface.Hybrid => "HybridCache",
        _ => "entries in writers",
    };
}
