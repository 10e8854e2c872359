using OrleansTagCache.Contracts;

namespace OrleansTagCache.Flights;

/// <summary>One caller's factory, and what it made: its own caller gets what everybody else will read from the payload, or the value itself if nobody else will.</summary>
internal sealed class LocalGeneration<TState, T>(
    EntryMaker maker, string key, TState state, Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory, CacheEntryOptions? options, bool isLoaded)
    : Generation<T>(options)
{
    private readonly CacheEntryOptions? _options = options;

    // As they are when the call is made: the caller's collection may change before a background refresh begins.
    private readonly string[] _tags = options?.Tags is { } tags ? [.. tags] : [];
    private volatile Made? _made;

    public override async Task<Generated?> Generate(EntrySnapshot? stale, CancellationToken cancellationToken)
    {
        var context = maker.Begin(key, _tags, _options, type => stale is not null && type == typeof(T) && maker.Serializer.TryDeserialize<T>(stale.Payload, out var old) ? old : null);
        context.Enter();
        try
        {
            var value = await factory(state, context, cancellationToken);
            if (maker.TryWrite(value, out var readBack) is not { } payload)
            {
                _made = new(value, null);
                return null;
            }

            var made = maker.Make(context, payload, _options, isLoaded);
            _made = new(readBack, payload);
            return made;
        }
        finally
        {
            context.End();
        }
    }

    public override void Check() => maker.Check(_options, _tags);

    public override bool TryGetOwn(EntrySnapshot entry, out T value)
    {
        var isOwn = _made is { Payload: { } payload } && ReferenceEquals(payload, entry.Payload);
        value = isOwn ? _made!.Value : default!;
        return isOwn;
    }

    public override bool TryGetUnserializable(out T value)
    {
        var isUnserializable = _made is { Payload: null };
        value = isUnserializable ? _made!.Value : default!;
        return isUnserializable;
    }

    private sealed record Made(T Value, Payload? Payload);
}
