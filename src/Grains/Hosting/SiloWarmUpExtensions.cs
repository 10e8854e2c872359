using OrleansTagCache;
using OrleansTagCache.Hosting;

namespace Orleans.Hosting;

/// <summary>Adds warm-ups to a silo.</summary>
public static class SiloWarmUpExtensions
{
    /// <summary>
    /// Fills a cold cluster: when no silo of the cluster has done so, the entries that the loader makes of these arguments are loaded, once in the whole cluster, spread over its silos, and without a reader. It goes on when a silo dies, and is not
    /// repeated as long as any silo lives that was there: not after a deploy that replaces one silo after the other.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">Names it in the cluster: 1 to 64 UTF-16 units, without control characters. All processes that offer a name should list the same.</param>
    /// <param name="loader">The name of the loader, which this process or another one offers.</param>
    /// <param name="arguments">Lists the arguments, with the services of a scope. One process is asked. If it throws, it is asked again after a pause.</param>
    /// <param name="configure">Changes the bounds.</param>
    /// <returns>The silo.</returns>
    /// <exception cref="ArgumentException">A name breaks a limit or is taken, or a bound is out of range.</exception>
    public static ISiloBuilder AddWarmUp(
        this ISiloBuilder builder, string name, string loader, Func<IServiceProvider, CancellationToken, IAsyncEnumerable<string>> arguments, Action<WarmUpOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddWarmUp(name, loader, arguments, configure);
        return builder;
    }

    /// <summary>As <see cref="AddWarmUp(ISiloBuilder, string, string, Func{IServiceProvider, CancellationToken, IAsyncEnumerable{string}}, Action{WarmUpOptions}?)"/>, of arguments that are known beforehand.</summary>
    /// <inheritdoc cref="AddWarmUp(ISiloBuilder, string, string, Func{IServiceProvider, CancellationToken, IAsyncEnumerable{string}}, Action{WarmUpOptions}?)"/>
    public static ISiloBuilder AddWarmUp(this ISiloBuilder builder, string name, string loader, IEnumerable<string> arguments, Action<WarmUpOptions>? configure = null) =>
        builder.AddWarmUp(name, loader, WarmUpServices.Fixed(arguments), configure);
}
