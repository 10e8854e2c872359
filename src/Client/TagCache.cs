using System.Diagnostics.CodeAnalysis;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Flights;
using OrleansTagCache.Holds;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Loaders;
using OrleansTagCache.Many;
using OrleansTagCache.Names;
using OrleansTagCache.Near;
using OrleansTagCache.Serialization;
using OrleansTagCache.Transport;

namespace OrleansTagCache;

/// <summary>
/// The cache of a process: checks what it is given, finds the flight to share, and turns payloads into values. In a client it talks to the
/// cluster; in a silo that hosts the application the same calls stay in the process where they can.
/// </summary>
internal sealed class TagCache : ITagCache
{
    private const int LongestStackKey = NameLimits.KeyLength;

    private readonly CacheNamespace _namespace;
    private readonly TagCacheClientOptions _options;
    private readonly EntryMaker _maker;
    private readonly UpdateClient _updates;
    private readonly PayloadCodec _codec;
    private readonly HoldKeeper _holds;
    private readonly LoaderTable _loaders;
    private readonly NearCache _near;
    private readonly IServerActionSource[] _serverActions;
    private readonly EntryReader _reader;
    private readonly SingleFlight _flights;
    private readonly EntryLookup _lookup;
    private readonly ManyEntries _many;
    private readonly TagKeys _keys;
    private readonly IServiceProvider _services;
    private readonly TimeProvider _time;

    public TagCache(
        TagCacheClientOptions options,
        EntryMaker maker,
        PayloadCodec codec,
        UpdateClient updates,
        HoldKeeper holds,
        LoaderTable loaders,
        NearCache near,
        EntryReader reader,
        SingleFlight flights,
        EntryLookup lookup,
        ManyEntries many,
        TagKeys keys,
        IEnumerable<IServerActionSource> serverActions,
        IServiceProvider services,
        TimeProvider time)
    {
        (_serverActions, _reader, _flights, _services, _time) = ([.. serverActions], reader, flights, services, time);
        (_options, _maker, _codec, _updates, _holds, _loaders, _near, _lookup, _many, _keys) = (options, maker, codec, updates, holds, loaders, near, lookup, many, keys);
        _namespace = CacheNamespace.Parse(options.Namespace, nameof(options));
    }

    public ValueTask<T> GetOrCreateAsync<T>(
        string key,
        Func<CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return GetOrCreateAsync(key, factory, static (run, context, token) => run(context, token), options, cancellationToken);
    }

    public ValueTask<T> GetOrCreateAsync<T>(
        string key,
        Func<IServiceProvider, CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return GetOrCreate(
            key, new ScopedFactory<T>(_services, factory), static (run, context, token) => run.Make(context, token), options, FactoryKind.Scoped, cancellationToken);
    }

    public ValueTask<T> GetOrCreateAsync<TState, T>(
        string key,
        TState state,
        Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default) =>
        GetOrCreate(key, state, factory, options, FactoryKind.OfItsCaller, cancellationToken);

    private ValueTask<T> GetOrCreate<TState, T>(
        string key,
        TState state,
        Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options,
        FactoryKind kind,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(factory);
        var outer = OuterOf(key);
        if (options is { NearCache: NearCacheMode.Off })
        {
            return _flights.Read(key, outer, FactoryOf(key, state, factory, options, kind), mayKeep: false, cancellationToken);
        }

        var hit = _near.Find(key, freshOnly: outer is not null);
        if (hit.Entry is null || !hit.Entry.TryGetValue<T>(_maker.Serializer, out var kept))
        {
            return _flights.Read(key, outer, FactoryOf(key, state, factory, options, kind), mayKeep: true, cancellationToken);
        }

        if (!hit.IsQuiet && hit.Entry.TryClaimAsk(hit.At))
        {
            return Refresh(key, hit, outer, kept, FactoryOf(key, state, factory, options, kind), cancellationToken);
        }

        _reader.FoundNear(hit, outer);
        return new(kept);
    }

    /// <summary>A fresh value that this process keeps near, for adapters that prepare nothing for a hit.</summary>
    internal bool TryGetNear<T>(ReadOnlySpan<char> key, [MaybeNullWhen(false)] out T value)
    {
        var outer = OuterOf(key);
        var hit = _near.Find(key, freshOnly: outer is not null);
        if (hit.Entry is null || !hit.IsQuiet || !hit.Entry.TryGetValue(_maker.Serializer, out value))
        {
            value = default;
            return false;
        }

        _reader.FoundNear(hit, outer);
        return true;
    }

    /// <summary>As the public one, for adapters whose contracts let a call leave out reading or storing, and whose factories end with the last of all their callers.</summary>
    internal ValueTask<T> GetOrCreateAsync<TState, T>(
        string key,
        TState state,
        Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options,
        ReadMode mode,
        CancellationToken cancellationToken) => mode == ReadMode.Cached
            ? GetOrCreate(key, state, factory, options, FactoryKind.OfAllCallers, cancellationToken)
            : _flights.Read(
                key, OuterOf(key), FactoryOf(key, state, factory, options, FactoryKind.OfAllCallers), mayKeep: options is not { NearCache: NearCacheMode.Off }, cancellationToken, mode);

    public ValueTask<T> GetAsync<T>(string loader, string argument, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(loader);
        ArgumentNullException.ThrowIfNull(argument);
        if (loader.Contains(':', StringComparison.Ordinal))
        {
            _ = LoaderName.Parse(loader);
        }

        var length = loader.Length + 1 + argument.Length;
        Span<char> key = length <= LongestStackKey ? stackalloc char[length] : new char[length];
        loader.CopyTo(key);
        key[loader.Length] = ':';
        argument.CopyTo(key[(loader.Length + 1)..]);
        var outer = OuterOf(key);
        var hit = _loaders.KeepsNear(loader) ? _near.Find(key, freshOnly: outer is not null) : default;
        if (hit.Entry is null || !hit.Entry.TryGetValue<T>(_maker.Serializer, out var kept))
        {
            return Load<T>(loader, argument, cancellationToken);
        }

        if (!hit.IsQuiet && hit.Entry.TryClaimAsk(hit.At))
        {
            return Refresh(key.ToString(), hit, outer, kept, _loaders.FactoryOf<T>(_namespace, LoaderName.Parse(loader), argument), cancellationToken);
        }

        _reader.FoundNear(hit, outer);
        return new(kept);
    }

    public ValueTask<CacheResult<T>> TryGetAsync<T>(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _lookup.Find<T>(key, cancellationToken);
    }

    public async ValueTask SetAsync<T>(string key, T value, CacheEntryOptions? options = null, CancellationToken cancellationToken = default)
    {
        // First thing: serializing takes its time, and runs the caller's code.
        var madeAt = _time.Now();
        var checkedKey = Check(key);
        var outcome = await SetOrRemove(checkedKey.Value, MakeOf(checkedKey.Value, value, options), madeAt, cancellationToken).ConfigureAwait(false);
        if (outcome.Status == CommitStatus.Refused)
        {
            throw new ArgumentException(outcome.Fault, nameof(value));
        }
    }

    public async ValueTask<IReadOnlyDictionary<string, CacheResult<T>>> GetManyAsync<T>(IReadOnlyCollection<string> keys, CancellationToken cancellationToken = default) =>
        await _lookup.FindMany<T>(KeySet.ForCall(keys, _options.MaximumKeyLength), cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyDictionary<string, T>> GetOrCreateManyAsync<T>(
        IReadOnlyCollection<string> keys,
        Func<CacheManyContext, CancellationToken, ValueTask<Dictionary<string, T>>> factory,
        Func<string, CacheEntryOptions?>? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(factory);
        var checkedKeys = KeySet.ForCall(keys, _options.MaximumKeyLength);
        Array.ForEach(checkedKeys, key => OuterOf(key));
        return await _many.GetOrCreate<T>(
            checkedKeys,
            factory,
            options,
            (key, gathered, said) => GetOrCreate(key, gathered, static (gathered, context, token) => gathered.Make(context, token), said, FactoryKind.OneOfMany, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask SetManyAsync<T>(
        IReadOnlyCollection<KeyValuePair<string, T>> entries, Func<string, CacheEntryOptions?>? options = null, CancellationToken cancellationToken = default)
    {
        var madeAt = _time.Now();
        ArgumentNullException.ThrowIfNull(entries);
        if (KeySet.ForCall([.. entries.Select(entry => entry.Key)], _options.MaximumKeyLength, nameof(entries)).Length < entries.Count)
        {
            throw new ArgumentException("A key may be named once: which of its values would be stored is not known.", nameof(entries));
        }

        // All are checked before anything happens.
        var sets = entries.Select(entry => (entry.Key, Data: MakeOf(entry.Key, entry.Value, options?.Invoke(entry.Key)))).ToList();
        var outcomes = await Task.WhenAll(sets.Select(set => SetOrRemove(set.Key, set.Data, madeAt, cancellationToken))).ConfigureAwait(false);
        if (Array.Find(outcomes, outcome => outcome.Status == CommitStatus.Refused) is { } refused)
        {
            throw new ArgumentException(refused.Fault, nameof(entries));
        }
    }

    public async ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default) =>
        await _updates.Remove(_namespace.Scope(Check(key).Value), _options.UpdateTimeout, cancellationToken).ConfigureAwait(false);

    public IAsyncEnumerable<string> GetKeysAsync(string tag, int pageSize = TagKeys.MaximumPage, CancellationToken cancellationToken = default)
    {
        var name = TagName.Parse(tag).Value;
        if (pageSize is < 1 or > TagKeys.MaximumPage)
        {
            throw new ArgumentOutOfRangeException(nameof(pageSize), pageSize, $"A page has 1 to {TagKeys.MaximumPage} keys.");
        }

        CacheContext.Current?.DependsOn(_namespace, [name]);
        return _keys.Of(TagId.OfTag(_namespace, name), pageSize, cancellationToken);
    }

    public ValueTask UpdateTagAsync(string tag, CancellationToken cancellationToken = default)
    {
        MustBeInServerAction();
        return Update([tag], staleFor: null, nameof(tag), cancellationToken);
    }

    public ValueTask UpdateTagsAsync(IReadOnlyCollection<string> tags, CancellationToken cancellationToken = default)
    {
        MustBeInServerAction();
        return Update(tags, staleFor: null, nameof(tags), cancellationToken);
    }

    public ValueTask UpdateTagsAsync(IReadOnlyCollection<string> tags, TagMatch match, CancellationToken cancellationToken = default)
    {
        MustBeInServerAction();
        return !Enum.IsDefined(match) ? throw new ArgumentOutOfRangeException(nameof(match), match, "It is neither Any nor All.")
            : Update(tags, staleFor: null, nameof(tags), cancellationToken, match);
    }

    public ValueTask<ITagHold> HoldAsync(IReadOnlyCollection<string> tags, TimeSpan? atMost = null, CancellationToken cancellationToken = default)
    {
        MustBeInServerAction();
        return Hold(tags, atMost ?? LeaseTerms.DefaultHold, cancellationToken);
    }

    public ValueTask RevalidateTagAsync(string tag, CacheLife profile, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return Update([tag], _maker.Profiles.Resolve(profile, nameof(profile)).Expire, nameof(tag), cancellationToken);
    }

    public ValueTask RevalidateTagsAsync(IReadOnlyCollection<string> tags, CacheLife profile, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return Update(tags, _maker.Profiles.Resolve(profile, nameof(profile)).Expire, nameof(tags), cancellationToken);
    }

    public ValueTask RevalidateTagAsync(string tag, CancellationToken cancellationToken = default) =>
        Update([tag], staleFor: null, nameof(tag), cancellationToken);

    /// <summary>The factory that this read belongs to. A factory that reads its own entry would wait for itself.</summary>
    private CacheContext? OuterOf(ReadOnlySpan<char> key)
    {
        var outer = CacheContext.Current;
        return outer?.IsGenerating(_namespace, key) == true
            ? throw new InvalidOperationException("A factory asked for the entry that it is making: the call would wait for itself.")
            : outer;
    }

    private EntryFactory<T> FactoryOf<TState, T>(
        string key, TState state, Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory, CacheEntryOptions? options, FactoryKind kind) =>
        new LocalFactory<TState, T>(_maker, key, state, factory, options, kind, ServerAction.IsHolding(_serverActions));

    /// <summary>
    /// It is this reader's turn to have a stale near value replaced: behind its back if the factory may run there, else it waits for the newer one. For one that is only due, the reader never waits: without a factory
    /// that may run behind it, the cluster is asked for its value alone.
    /// </summary>
    private ValueTask<T> Refresh<T>(string key, NearHit hit, CacheContext? outer, T kept, EntryFactory<T> factory, CancellationToken cancellationToken)
    {
        if (!_flights.TryRefreshBehind(key, factory))
        {
            if (hit.IsStale)
            {
                return AskOrKeep(key, hit, kept, factory, cancellationToken);
            }

            _lookup.BeginToLookBehind(key);
        }

        _reader.FoundNear(hit, outer);
        return new(kept);
    }

    /// <summary>A newer value, or the stale one that was valid when the read began, should none be had.</summary>
    private async ValueTask<T> AskOrKeep<T>(string key, NearHit hit, T kept, EntryFactory<T> factory, CancellationToken cancellationToken)
    {
        try
        {
            return await _flights.Read(key, outer: null, factory, mayKeep: true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            _reader.FoundNear(hit, outer: null);
            return kept;
        }
    }

    private ValueTask<T> Load<T>(string loader, string argument, CancellationToken cancellationToken)
    {
        var name = LoaderName.Parse(loader);
        var key = Check(name.KeyOf(argument)).Value;
        return _flights.Read<T>(key, OuterOf(key), _loaders.FactoryOf<T>(_namespace, name, argument), _loaders.KeepsNear(loader), cancellationToken);
    }

    /// <summary>A value that is not for storing supersedes the one before all the same.</summary>
    private async Task<CommitOutcome> SetOrRemove(string key, EntryData? data, Moment madeAt, CancellationToken cancellationToken)
    {
        var scopedKey = _namespace.Scope(key);
        if (data is not null)
        {
            return await _updates.Set(scopedKey, data, madeAt, _options.UpdateTimeout, cancellationToken).ConfigureAwait(false);
        }

        await _updates.Remove(scopedKey, _options.UpdateTimeout, cancellationToken).ConfigureAwait(false);
        return CommitOutcome.Stored;
    }

    private void MustBeInServerAction()
    {
        if (!ServerAction.IsActive && !Array.Exists(_serverActions, static source => source.Current is not null))
        {
            throw new ServerActionRequiredException();
        }
    }

    private static void MustNotBeInFactory()
    {
        if (CacheContext.Current is { IsOfResponse: false })
        {
            throw new InvalidOperationException("Tags cannot be updated, revalidated or held inside the factory of an entry. Do it where the data is changed.");
        }
    }

    private async ValueTask<ITagHold> Hold(IReadOnlyCollection<string> tags, TimeSpan atMost, CancellationToken cancellationToken)
    {
        MustNotBeInFactory();
        var names = TagSet.ForCall(tags, nameof(tags));
        HoldTime.Check(atMost, nameof(atMost));
        var taken = await _holds.Begin(Array.ConvertAll(names, tag => TagId.OfTag(_namespace, tag)), atMost, _options.UpdateTimeout, cancellationToken).ConfigureAwait(false);
        return new TagHold(names, taken, _holds, ServerAction.BeginHolding(_serverActions), _options.UpdateTimeout, _time);
    }

    private async ValueTask Update(IReadOnlyCollection<string> tags, TimeSpan? staleFor, string parameterName, CancellationToken cancellationToken, TagMatch match = TagMatch.Any)
    {
        MustNotBeInFactory();
        var ids = TagSet.ForCall(tags, parameterName).Select(tag => TagId.OfTag(_namespace, tag)).ToArray();
        var request = match == TagMatch.All ? UpdateRequest.OfAll(ids) : new(ids, staleFor == TimeSpan.Zero ? null : staleFor);
        await _updates.Update(request, _options.UpdateTimeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What is sent of a value; null if it is not for storing.</summary>
    private EntryData? MakeOf<T>(string key, T value, CacheEntryOptions? options) =>
        _maker.MakeUnlessUnwanted(value, options) is { } entry ? _codec.Encode(_namespace.Scope(key), entry) : null;

    private CacheKey Check(string key) => CacheKey.Parse(key, _options.MaximumKeyLength);
}
