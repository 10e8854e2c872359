using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansTagCache.Hosting;
using OrleansTagCache.Listeners;
using OrleansTagCache.Loaders;
using OrleansTagCache.Serialization;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Testing;

/// <summary>
/// The cache of an application's tests, in memory and in one process: the code of the client and of one silo as it is, with its near cache, single flight, limits and rules, without Orleans in between. Each instance is a
/// cluster of its own, and empty at first.
/// </summary>
/// <remarks>
/// Thread-safe. What it does not have: other processes, so that nothing is delayed by one and nothing is handed over; and refreshes without a reader: after a revalidation the next reader of a loader's entry has it refreshed.
/// </remarks>
public sealed class TestTagCache : ITagCache, IDisposable, IAsyncDisposable
{
    private readonly TestSilo _silo;
    private readonly ServiceProvider _services;
    private readonly TagCache _cache;

    /// <summary>A cache of its own.</summary>
    /// <param name="configure">Changes how it is made.</param>
    /// <exception cref="OptionsValidationException">The options of the cache are not valid; all faults are reported.</exception>
    public TestTagCache(Action<TestTagCacheOptions>? configure = null)
    {
        var options = new TestTagCacheOptions();
        configure?.Invoke(options);
        if (new TagCacheOptionsValidator().Validate(null, options.Cache) is { Failed: true } invalid)
        {
            throw new OptionsValidationException(nameof(TagCacheOptions), typeof(TagCacheOptions), invalid.Failures);
        }

        var metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
        _silo = new(options.Cache, options.Time, new(metrics.GetRequiredService<IMeterFactory>()));
        var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(options.Time)
            .AddSingleton<TagCacheClientOptions>(options.Cache)
            .AddSingleton<IEntryGrains>(_silo)
            .AddSingleton(TestGrains.Over(_silo))
            .AddSingleton(TestGrains.Reach)
            .AddSingleton(_silo.Near);
        foreach (var loader in options.Loaders)
        {
            services.Add(loader);
        }

        foreach (var listener in options.Listeners)
        {
            services.AddSingleton(listener);
        }

        if (options.Services is { } own)
        {
            foreach (var listener in own.GetServices<ListenerRegistration>())
            {
                services.AddSingleton(listener with { Find = _ => listener.Find(own) });
            }

            // Factories and serializers are the application's, and see its services.
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<TagCache>(provider, own));
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<LoaderTable>(provider, own));
            services.AddSingleton(_ => new PayloadSerializer(own));
        }

        _services = services.AddTagCacheCore().BuildServiceProvider();
        _cache = _services.GetRequiredService<TagCache>();
    }

    private TagCache Cache
    {
        get
        {
            _silo.KeepServing();
            return _cache;
        }
    }

    /// <summary>
    /// Whether the cluster cannot be reached: factories run and nothing is stored; sets, removals and updates are tried for <see cref="TagCacheClientOptions.UpdateTimeout"/> by the clock of the cache, and then throw a <see cref="TagCacheUnavailableException"/>.
    /// What is kept near is still served, as a silo would serve it that hosts the application.
    /// </summary>
    /// <value>Default <c>false</c>.</value>
    public bool IsUnreachable
    {
        get => _silo.IsAway;
        set => _silo.IsAway = value;
    }

    /// <inheritdoc/>
    public ValueTask<T> GetOrCreateAsync<T>(
        string key, Func<CacheContext, CancellationToken, ValueTask<T>> factory, CacheEntryOptions? options = null, CancellationToken cancellationToken = default) =>
        Cache.GetOrCreateAsync(key, factory, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<T> GetOrCreateAsync<T>(
        string key, Func<IServiceProvider, CacheContext, CancellationToken, ValueTask<T>> factory, CacheEntryOptions? options = null, CancellationToken cancellationToken = default) =>
        Cache.GetOrCreateAsync(key, factory, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<T> GetOrCreateAsync<TState, T>(
        string key, TState state, Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory, CacheEntryOptions? options = null, CancellationToken cancellationToken = default) =>
        Cache.GetOrCreateAsync(key, state, factory, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<T> GetAsync<T>(string loader, string argument, CancellationToken cancellationToken = default) => Cache.GetAsync<T>(loader, argument, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<CacheResult<T>> TryGetAsync<T>(string key, CancellationToken cancellationToken = default) => Cache.TryGetAsync<T>(key, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, CacheResult<T>>> GetManyAsync<T>(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default) =>
        Cache.GetManyAsync<T>(keys, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<string, T>> GetOrCreateManyAsync<T>(
        IReadOnlyCollection<string> keys,
        Func<CacheManyContext, CancellationToken, ValueTask<Dictionary<string, T>>> factory,
        Func<string, CacheEntryOptions?>? options = null,
        CancellationToken cancellationToken = default) => Cache.GetOrCreateManyAsync(keys, factory, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetAsync<T>(string key, T value, CacheEntryOptions? options = null, CancellationToken cancellationToken = default) => Cache.SetAsync(key, value, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask SetManyAsync<T>(
        IReadOnlyCollection<KeyValuePair<string, T>> entries, Func<string, CacheEntryOptions?>? options = null, CancellationToken cancellationToken = default) =>
        Cache.SetManyAsync(entries, options, cancellationToken);

    /// <inheritdoc/>
    public ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default) => Cache.RemoveAsync(key, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<string> GetKeysAsync(string tag, int pageSize = TagKeys.MaximumPage, CancellationToken cancellationToken = default) => Cache.GetKeysAsync(tag, pageSize, cancellationToken);

    /// <inheritdoc/>
    public ValueTask UpdateTagAsync(string tag, CancellationToken cancellationToken = default) => Cache.UpdateTagAsync(tag, cancellationToken);

    /// <inheritdoc/>
    public ValueTask UpdateTagsAsync(IReadOnlyCollection<string> tags, CancellationToken cancellationToken = default) => Cache.UpdateTagsAsync(tags, cancellationToken);

    /// <inheritdoc/>
    public ValueTask UpdateTagsAsync(IReadOnlyCollection<string> tags, TagMatch match, CancellationToken cancellationToken = default) => Cache.UpdateTagsAsync(tags, match, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ITagHold> HoldAsync(IReadOnlyCollection<string> tags, TimeSpan? atMost = null, CancellationToken cancellationToken = default) => Cache.HoldAsync(tags, atMost, cancellationToken);

    /// <inheritdoc/>
    public ValueTask RevalidateTagAsync(string tag, CacheLife profile, CancellationToken cancellationToken = default) => Cache.RevalidateTagAsync(tag, profile, cancellationToken);

    /// <inheritdoc/>
    public ValueTask RevalidateTagsAsync(IReadOnlyCollection<string> tags, CacheLife profile, CancellationToken cancellationToken = default) =>
        Cache.RevalidateTagsAsync(tags, profile, cancellationToken);

    /// <inheritdoc/>
    public ValueTask RevalidateTagAsync(string tag, CancellationToken cancellationToken = default) => Cache.RevalidateTagAsync(tag, cancellationToken);

    /// <summary>Ends the cache. Background refreshes are cancelled.</summary>
    public void Dispose()
    {
        _services.Dispose();
        _silo.Dispose();
    }

    /// <inheritdoc cref="Dispose"/>
    /// <returns>A task that ends with it.</returns>
    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync().ConfigureAwait(false);
        _silo.Dispose();
    }
}
