using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache.WarmUps;

/// <summary>A warm-up that this process offers.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Loader">The loader that makes its entries.</param>
/// <param name="Arguments">The arguments of the loader, with the services of a scope.</param>
/// <param name="Options">Its bounds.</param>
/// <param name="Namespace">The namespace of the entries; null for that of the process.</param>
internal sealed record WarmUpRegistration(
    string Name, LoaderName Loader, Func<IServiceProvider, CancellationToken, IAsyncEnumerable<string>> Arguments, WarmUpOptions Options, string? Namespace = null)
{
    /// <summary>The longest name.</summary>
    public const int NameLength = 64;

    public WarmUpTerms Terms => new(Loader.Value, Options.MaximumLoads, Options.MaximumFillPercent);
}

/// <summary>The warm-ups of a process: those of its code, and those of its settings.</summary>
internal sealed record ConfiguredWarmUps(IReadOnlyCollection<WarmUpRegistration> OfSettings);
