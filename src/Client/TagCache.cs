using Microsoft.Extensions.Logging;
using OrleansTagCache.Cluster;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Flights;
using OrleansTagCache.Hosting;
using OrleansTagCache.Names;
using OrleansTagCache.Near;
using OrleansTagCache.Serialization;

namespace OrleansTagCache;

/// <summary>
/// The cache of a process: checks what it is given, finds the flight to share, and turns payloads into values. In a client it talks to the
/// cluster; in a silo that hosts the application the same calls stay in the process where they can.
/// </summary>
internal sealed class TagCache : ITagCache
{
    private readonly CacheNamespace _namespace;
    private readonly CacheLifeProfiles _profiles;
    private readonly CacheLife _defaultLife;
    private readonly TagCacheClientOptions _options;
    private readonly PayloadSerializer _serializer;
    private readonly ClusterCalls _calls;
    private readonly ClientMetrics _metrics;
    private readonly NearCache _near;
    private readonly FlightTable _flights;
    private readonly FlightRunner _runner;

    public TagCache(
        TagCacheClientOptions options,
        PayloadSerializer serializer,
        ClusterCalls calls,
        NearCache near,
        ClientMetrics metrics,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        (_options, _serializer, _calls, _near, _metrics) = (options, serializer, calls, near, metrics);
        _namespace = CacheNamespace.Parse(options.Namespace, nameof(options));
        _profiles = new(options.Profiles);
        _defaultLife = _profiles.Resolve(options.DefaultLife, nameof(options));
        _flights = new(time, options.OrphanedFactoryGrace);
        _runner = new(_flights, calls, near, metrics, options, time, loggers.CreateLogger<FlightRunner>());
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

    public ValueTask<T> GetOrCreateAsync<TState, T>(
        string key,
        TState state,
        Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(factory);
        var outer = CacheContext.Current;
        if (outer?.IsGenerating(key) == true)
        {
            throw new InvalidOperationException("A factory called for the entry that it is making: the call would wait for itself.");
        }

        if (options is not { NearCache: NearCacheMode.Off } && _near.TryGet(key, out var entry, out var now)
            && entry.TryGetValue<T>(_serializer, out var kept))
        {
            _metrics.OnRead("near");
            outer?.MadeFrom(entry.Tags, entry.Life, entry.AgeAt(now), promiseSuspended: false);
            return new(kept);
        }

        return Ask(key, outer, state, factory, options, cancellationToken);
    }

    private async ValueTask<T> Ask<TState, T>(
        string key,
        CacheContext? outer,
        TState state,
        Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory,
        CacheEntryOptions? options,
        CancellationToken cancellationToken)
    {
        var checkedKey = Check(key);
        var (tags, life) = Check(options);

        // An entry that is made from a stale one would look fresh: inside a factory, stale counts as missing.
        var flightKey = new FlightKey(_namespace.Scope(checkedKey.Value), FreshOnly: outer is not null);
        var generation = new LocalGeneration<TState, T>(this, key, state, factory, tags, life);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var result = await Fly(flightKey, generation, options is not { NearCache: NearCacheMode.Off }, cancellationToken);
            if (result.Fault is { } fault)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(fault);
            }

            if (result.Entry is { } entry)
            {
                outer?.MadeFrom(entry.Tags, entry.Life, entry.Age, entry.PromiseSuspended);
                return generation.TryGetOwn(entry, out var own) ? own : _serializer.Deserialize<T>(entry.Payload);
            }

            if (generation.TryGetUnserializable(out var value))
            {
                outer?.MadeFromUnknown();
                return value;
            }
        }
    }

    public ValueTask<CacheResult<T>> TryGetAsync<T>(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        var outer = CacheContext.Current;
        if (_near.TryGet(key, out var kept, out var now) && kept.TryGetValue<T>(_serializer, out var value))
        {
            _metrics.OnRead("near");
            outer?.MadeFrom(kept.Tags, kept.Life, kept.AgeAt(now), promiseSuspended: false);
            return new(new CacheResult<T>(value, kept.AgeAt(now), kept.Life, kept.Tags));
        }

        return Find<T>(key, outer, cancellationToken);
    }

    private async ValueTask<CacheResult<T>> Find<T>(string key, CacheContext? outer, CancellationToken cancellationToken)
    {
        var checkedKey = Check(key);
        var ask = _near.Ask();
        var request = new AcquireRequest(MayGenerate: false, FreshOnly: outer is not null, Wait: TimeSpan.Zero, ask.Sessions);
        var answer = await _calls.TryAcquire(_namespace.Scope(checkedKey.Value), request, _options.ReadTimeout, cancellationToken);
        if (answer is not { Entry: { } entry, Status: AcquireStatus.Fresh or AcquireStatus.Stale })
        {
            _metrics.OnRead("miss");
            _near.Hear(answer?.Near, ask);
            return default;
        }

        var isStale = answer.Status == AcquireStatus.Stale;
        _metrics.OnRead(isStale ? "stale" : "hit");
        if (!isStale)
        {
            _near.KeepCopy(_namespace.Scope(checkedKey.Value), entry, answer.Near, ask);
        }

        outer?.MadeFrom(entry.Tags, entry.Life, entry.Age, entry.PromiseSuspended);
        return new(_serializer.Deserialize<T>(entry.Payload), isStale, entry);
    }

    public async ValueTask SetAsync<T>(string key, T value, CacheEntryOptions? options = null, CancellationToken cancellationToken = default)
    {
        var checkedKey = Check(key);
        var (tags, life) = Check(options);
        var payload = _serializer.Serialize(value);
        if (FaultOf(payload) is { } fault)
        {
            throw new ArgumentException(fault, nameof(value));
        }

        var entry = new EntryData(payload, tags, CopiedTags: null, life ?? _defaultLife);
        var outcome = await _calls.Set(_namespace.Scope(checkedKey.Value), entry, _options.UpdateTimeout, cancellationToken);
        if (outcome.Status == CommitStatus.Refused)
        {
            throw new ArgumentException(outcome.Fault, nameof(value));
        }
    }

    public async ValueTask RemoveAsync(string key, CancellationToken cancellationToken = default) =>
        await _calls.Remove(_namespace.Scope(Check(key).Value), _options.UpdateTimeout, cancellationToken);

    public ValueTask UpdateTagAsync(string tag, CancellationToken cancellationToken = default)
    {
        MustBeInServerAction();
        return Change([tag], staleFor: null, nameof(tag), cancellationToken);
    }

    public ValueTask UpdateTagsAsync(IReadOnlyCollection<string> tags, CancellationToken cancellationToken = default)
    {
        MustBeInServerAction();
        return Change(tags, staleFor: null, nameof(tags), cancellationToken);
    }

    public ValueTask RevalidateTagAsync(string tag, CacheLife profile, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return Change([tag], _profiles.Resolve(profile, nameof(profile)).Expire, nameof(tag), cancellationToken);
    }

    public ValueTask RevalidateTagsAsync(IReadOnlyCollection<string> tags, CacheLife profile, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        return Change(tags, _profiles.Resolve(profile, nameof(profile)).Expire, nameof(tags), cancellationToken);
    }

    public ValueTask RevalidateTagAsync(string tag, CancellationToken cancellationToken = default) =>
        Change([tag], staleFor: null, nameof(tag), cancellationToken);

    private static void MustBeInServerAction()
    {
        if (!ServerAction.IsActive)
        {
            throw new ServerActionRequiredException();
        }
    }

    private async ValueTask Change(IReadOnlyCollection<string> tags, TimeSpan? staleFor, string parameterName, CancellationToken cancellationToken)
    {
        if (CacheContext.Current is not null)
        {
            throw new InvalidOperationException("Tags cannot be updated or revalidated inside the factory of an entry. Do it where the data is changed.");
        }

        var ids = TagSet.ForCall(tags, parameterName).Select(tag => TagId.OfTag(_namespace, tag)).ToArray();
        await _calls.Change(new(ids, staleFor == TimeSpan.Zero ? null : staleFor), _options.UpdateTimeout, cancellationToken);
    }

    private async ValueTask<FlightResult> Fly<TState, T>(
        FlightKey key, LocalGeneration<TState, T> generation, bool mayKeep, CancellationToken cancellationToken)
    {
        var (flight, role) = _flights.Join(key);
        if (role == FlightRole.Leader)
        {
            _ = _runner.Run(key, flight, generation.Generate, mayKeep);
        }

        try
        {
            return await (role == FlightRole.Late ? flight.Late : flight.Early).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _flights.Leave(flight, role);
            throw;
        }
    }

    private CacheKey Check(string key) => CacheKey.Parse(key, _options.MaximumKeyLength);

    private (string[] Tags, CacheLife? Life) Check(CacheEntryOptions? options) =>
        (TagSet.ForEntry(options?.Tags, nameof(options)), options?.Life is { } life ? _profiles.Resolve(life, nameof(options)) : null);

    private string? FaultOf(Payload payload) => payload.Bytes.Length > _options.MaximumPayloadBytes
        ? $"A value may have at most {_options.MaximumPayloadBytes} bytes when serialized; this one has {payload.Bytes.Length}."
        : null;

    /// <summary>One caller's factory, and what it made: its own caller gets the value itself, everybody else a copy from the payload.</summary>
    private sealed class LocalGeneration<TState, T>(
        TagCache cache, string key, TState state, Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory, string[] tags, CacheLife? life)
    {
        private volatile Made? _made;

        public async Task<Generated?> Generate(EntrySnapshot? stale, CancellationToken cancellationToken)
        {
            var context = new CacheContext(key, tags, life, cache._profiles, type => stale is not null && type == typeof(T) ? Stale(stale) : null);
            context.Enter();
            try
            {
                var value = await factory(state, context, cancellationToken);
                if (TrySerialize(value) is not { } payload)
                {
                    _made = new(value, null);
                    return null;
                }

                var entry = context.ToEntry(payload, cache._defaultLife);
                _made = new(value, payload);
                return new(entry, context.WhyNotStored ?? cache.FaultOf(payload));
            }
            finally
            {
                context.End();
            }
        }

        /// <summary>Whether the entry is what this very factory made.</summary>
        public bool TryGetOwn(EntrySnapshot entry, out T value)
        {
            var isOwn = _made is { Payload: { } payload } && ReferenceEquals(payload, entry.Payload);
            value = isOwn ? _made!.Value : default!;
            return isOwn;
        }

        /// <summary>Whether this factory made a value that no serializer takes: it is for its own caller alone.</summary>
        public bool TryGetUnserializable(out T value)
        {
            var isUnserializable = _made is { Payload: null };
            value = isUnserializable ? _made!.Value : default!;
            return isUnserializable;
        }

        private object? Stale(EntrySnapshot stale) => cache._serializer.Deserialize<T>(stale.Payload);

        private Payload? TrySerialize(T value)
        {
            try
            {
                return cache._serializer.Serialize(value);
            }
            catch (Exception exception) when (exception is NotSupportedException or System.Text.Json.JsonException or InvalidOperationException)
            {
                return null;
            }
        }

        private sealed record Made(T Value, Payload? Payload);
    }
}
