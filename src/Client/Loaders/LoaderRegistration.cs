using OrleansTagCache.Contracts;
using OrleansTagCache.Flights;
using OrleansTagCache.Names;

namespace OrleansTagCache.Loaders;

/// <summary>A loader that this process offers.</summary>
internal abstract class LoaderRegistration(LoaderName name, CacheEntryOptions? options)
{
    public LoaderName Name => name;

    public CacheEntryOptions? Options => options;

    /// <summary>How the entry of an argument is made, for callers that want the value as it is stored.</summary>
    public abstract IEntryFactory FactoryOf(IServiceProvider services, EntryMaker maker, string argument);
}

/// <inheritdoc/>
/// <typeparam name="T">The type of its values.</typeparam>
internal sealed class LoaderRegistration<T>(
    LoaderName name, Func<IServiceProvider, CacheContext, string, CancellationToken, ValueTask<T>> load, CacheEntryOptions? options)
    : LoaderRegistration(name, options)
{
    public override LocalFactory<ScopedFactory<T>, T> FactoryOf(IServiceProvider services, EntryMaker maker, string argument) => new(
        maker,
        Name.KeyOf(argument),
        new(services, (own, context, token) => load(own, context, argument, token)),
        static (run, context, token) => run.Make(context, token),
        Options,
        FactoryKind.Loader,
        isWithinHold: false);
}

/// <summary>An entry that a loader of another process makes.</summary>
internal sealed class RemoteFactory<T>(Func<EntrySnapshot?, CancellationToken, Task<LoadOutcome>> load) : EntryFactory<T>(options: null)
{
    public override bool IsRemote => true;

    /// <summary>The entry says; whether there is anything its silo knows.</summary>
    public override bool HasFailSafe => true;

    public override async Task<Generated> Generate(EntrySnapshot? stale, CancellationToken cancellationToken)
    {
        var outcome = await load(stale, cancellationToken).ConfigureAwait(false);
        return new(outcome.Entry! with { IsLoaded = true }, WhyNotStored: null, IsUnwanted: !outcome.IsForStoring, IsWithheld: !outcome.IsForStoring);
    }
}
