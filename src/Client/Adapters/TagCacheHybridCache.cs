using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Names;

namespace OrleansTagCache.Adapters;

/// <summary>
/// <see cref="HybridCache"/> over the cluster's cache: what is removed by tag or by key is removed in every process when the call has returned, also against a
/// factory that is running, and one factory runs in the whole cluster.
/// </summary>
/// <remarks>
/// Thread-safe. What breaks a rule is not cached, as in Microsoft's implementation: the factory runs, and its value is not stored. That is so for keys, for tags, for more than 1,024
/// of them, and for values that are too large, or cannot be serialized.
/// </remarks>
internal sealed partial class TagCacheHybridCache(
    TagCache cache, TagCacheClientOptions limits, IOptions<TagCacheHybridOptions> options, LogOnce once, ILogger<TagCacheHybridCache> logger) : HybridCache
{
    private readonly TagCacheHybridOptions _ofAll = options.Value;
    private readonly CacheNamespace _namespace = CacheNamespace.Parse(limits.Namespace, nameof(limits));

    public override ValueTask<T> GetOrCreateAsync<TState, T>(
        string key,
        TState state,
        Func<TState, CancellationToken, ValueTask<T>> factory,
        HybridCacheEntryOptions? options = null,
        IEnumerable<string>? tags = null,
        CancellationToken cancellationToken = default) => GetOrCreateAsync(key.AsSpan(), state, factory, options, tags, cancellationToken);

    public override ValueTask<T> GetOrCreateAsync<TState, T>(
        ReadOnlySpan<char> key,
        TState state,
        Func<TState, CancellationToken, ValueTask<T>> factory,
        HybridCacheEntryOptions? options = null,
        IEnumerable<string>? tags = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return TryGetNear(key, options, cancellationToken, out T? value)
            ? new(value!)
            : GetOrCreate(key.ToString(), (state, factory), static (made, _, token) => made.factory(made.state, token), options, tags, cancellationToken);
    }

    /// <remarks>What the factory decides through its context is part of the same generation: an update during it supersedes it.</remarks>
    public override ValueTask<T> GetOrCreateAsync<TState, T>(
        string key,
        TState state,
        Func<TState, HybridCacheEntryContext, CancellationToken, ValueTask<T>> factory,
        HybridCacheEntryOptions? options = null,
        IEnumerable<string>? tags = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return TryGetNear(key, options, cancellationToken, out T? value)
            ? new(value!)
            : GetOrCreate(key, (factory, state, options: Effective(options), defaults: Defaults), Decide, options, tags, cancellationToken);

        static async ValueTask<T> Decide(
            (Func<TState, HybridCacheEntryContext, CancellationToken, ValueTask<T>> Factory, TState State, HybridCacheEntryOptions Options, HybridCacheEntryOptions Defaults) call,
            CacheContext? entry,
            CancellationToken token)
        {
            var context = new HybridCacheEntryContext(call.Options);
            var made = await call.Factory(call.State, context, token).ConfigureAwait(false);
            var decided = HybridCall.Of(
                new() { Expiration = context.Expiration, LocalCacheExpiration = context.LocalCacheExpiration, Flags = context.Flags }, call.Defaults);
            entry?.Decide(decided.IsStored ? decided.Life : null, isUnwanted: !decided.IsStored, isFar: !decided.IsNear);
            return made;
        }
    }

    public override async ValueTask SetAsync<T>(
        string key, T value, HybridCacheEntryOptions? options = null, IEnumerable<string>? tags = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (call, said) = (Of(options), HybridTags.Of(tags));
        if (!IsSound(key) || call.Flags.HasFlag(HybridCacheEntryFlags.DisableDistributedCacheWrite))
        {
            return;
        }

        if (call.Expiration > TimeSpan.Zero && IsStorable(said) && await TrySet(key, value, call.ToOptions(said.Sound, _ofAll), cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        // The value must not be kept; the one before it is old now.
        await cache.RemoveAsync(key, cancellationToken).ConfigureAwait(false);
    }

    public override ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default) =>
        IsSound(key) ? cache.RemoveAsync(key, cancellationToken) : default;

    public override async ValueTask RemoveAsync(IEnumerable<string> keys, CancellationToken cancellationToken = default) =>
        await Task.WhenAll((keys ?? []).ToArray().Select(key => RemoveAsync(key, cancellationToken).AsTask())).ConfigureAwait(false);

    public override ValueTask RemoveByTagAsync(string tag, CancellationToken cancellationToken = default) =>
        HybridTags.IsTag(tag) ? cache.RevalidateTagAsync(tag, cancellationToken) : default;

    /// <summary>All of them in one update, or as few as there may be.</summary>
    public override async ValueTask RemoveByTagAsync(IEnumerable<string> tags, CancellationToken cancellationToken = default)
    {
        foreach (var some in (tags ?? []).Where(HybridTags.IsTag).Distinct(StringComparer.Ordinal).Chunk(NameLimits.TagsPerCall))
        {
            await cache.RevalidateTagsAsync(some, Immediately, cancellationToken).ConfigureAwait(false);
        }
    }

    private static readonly CacheLife Immediately = new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);

    private HybridCacheEntryOptions Defaults { get; } = options.Value.DefaultEntryOptions;

    private HybridCall Of(HybridCacheEntryOptions? call) => HybridCall.Of(call, Defaults);

    private HybridCacheEntryOptions Effective(HybridCacheEntryOptions? call)
    {
        var of = Of(call);
        return new() { Expiration = of.Expiration, LocalCacheExpiration = of.LocalExpiration, Flags = of.Flags, LocalSize = call?.LocalSize ?? Defaults.LocalSize };
    }

    private bool TryGetNear<T>(ReadOnlySpan<char> key, HybridCacheEntryOptions? call, CancellationToken cancellationToken, out T? value)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Of(call) is { IsNear: true } && !key.IsEmpty)
        {
            return cache.TryGetNear(key, out value);
        }

        value = default;
        return false;
    }

    private async ValueTask<T> GetOrCreate<TCall, T>(
        string key,
        TCall state,
        Func<TCall, CacheContext?, CancellationToken, ValueTask<T>> factory,
        HybridCacheEntryOptions? options,
        IEnumerable<string>? tags,
        CancellationToken cancellationToken)
    {
        var (call, said) = (Of(options), HybridTags.Of(tags));

        // What is made of the value depends on its tags, whatever becomes of the call.
        CacheContext.Current?.DependsOn(_namespace, said.Sound);
        if (!IsSound(key))
        {
            return call.IsLookUp ? default! : await factory(state, null, cancellationToken).ConfigureAwait(false);
        }

        if (call.IsLookUp)
        {
            var mayLook = !call.Flags.HasFlag(HybridCacheEntryFlags.DisableDistributedCacheRead);
            return mayLook && await cache.TryGetAsync<T>(key, cancellationToken).ConfigureAwait(false) is { HasValue: true } found ? found.Value : default!;
        }

        var mode = IsStorable(said) ? call.Mode : call.Unstored.Mode;
        return await cache.GetOrCreateAsync(key, state, factory, call.ToOptions(said.Sound, _ofAll), mode, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> TrySet<T>(string key, T value, CacheEntryOptions entry, CancellationToken cancellationToken)
    {
        try
        {
            await cache.SetAsync(key, value, entry, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ArgumentException fault) when (fault.ParamName == nameof(value))
        {
            NotStored(fault.Message);
            return false;
        }
        catch (Exception fault) when (fault is not TagCacheException && !cancellationToken.IsCancellationRequested)
        {
            // Its serializer's, whatever that is: the key, the tags and the life are sound.
            NotStored($"Its serializer threw {fault.GetType().Name}.");
            return false;
        }
    }

    private bool IsStorable(HybridTags said)
    {
        if (said.Fault is { } fault)
        {
            NotStored(fault);
        }

        return said.Fault is null;
    }

    private bool IsSound(string? key)
    {
        var fault = string.IsNullOrWhiteSpace(key) ? "A key must not be empty or white space." : NameRules.Fault("key", key, limits.MaximumKeyLength);
        if (fault is not null && once.IsNew(fault))
        {
            LogNotCached(fault);
        }

        return fault is null;
    }

    private void NotStored(string fault)
    {
        if (once.IsNew(fault))
        {
            LogNotStored(fault);
        }
    }

    [LoggerMessage(2501, LogLevel.Warning, "A call bypassed the cache, since its key breaks a rule. {Fault}")]
    private partial void LogNotCached(string fault);

    [LoggerMessage(2502, LogLevel.Warning, "A value was not stored. {Fault}")]
    private partial void LogNotStored(string fault);
}
