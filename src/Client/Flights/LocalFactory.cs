using System.Diagnostics;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Flights;

/// <summary>Whose scope a factory runs in, and with that, when it may run.</summary>
internal enum FactoryKind : byte
{
    /// <summary>Its caller's: it runs while its caller waits, and no longer, unless the options of the entry say that it may.</summary>
    OfItsCaller = 0,

    /// <summary>Its caller's, which waits for what it makes of several keys: it never runs behind it.</summary>
    OneOfMany = 1,

    /// <summary>Its caller's; but its contract says that it ends with the last of all that wait, not with its own.</summary>
    OfAllCallers = 2,

    /// <summary>One of its own.</summary>
    Scoped = 3,

    /// <summary>One of its own, and the cluster may run it again.</summary>
    Loader = 4,
}

/// <summary>The state of a factory that cares when its reader waits for what others make.</summary>
internal interface IWaitingFactory
{
    /// <inheritdoc cref="IEntryFactory.Waiting"/>
    Func<bool> Waiting { get; }
}

/// <summary>One caller's factory, and what it made: its own caller gets what all other readers will read from the payload, or the value itself if there will be no other readers.</summary>
internal sealed class LocalFactory<TState, T>(
    EntryMaker maker, string key, TState state, Func<TState, CacheContext, CancellationToken, ValueTask<T>> factory, CacheEntryOptions? options, FactoryKind kind, bool isWithinHold)
    : EntryFactory<T>(options)
{
    private readonly CacheEntryOptions? _options = options;
    private readonly CacheContext? _outer = CacheContext.Current;

    // As they are when the call is made: the caller's collection may change before a background refresh begins.
    private readonly string[] _tags = options?.Tags is { } tags ? [.. tags] : [];
    private volatile Made? _made;
    private volatile string[] _said = [];

    public override bool MayRunBehind { get; } = kind >= FactoryKind.Scoped || (kind != FactoryKind.OneOfMany && options is { AllowBackgroundRefresh: true });

    public override bool MayBeOrphaned => MayRunBehind || kind == FactoryKind.OfAllCallers;

    public override string[] Tags => _tags;

    public override string[] Said => _said;

    public override Func<bool>? Waiting { get; } = (state as IWaitingFactory)?.Waiting;

    // What may run behind its caller runs without its caller's context from the start: it does not know when it will be alone. Its own activity goes with it.
    public override Task<Generated> Generate(EntrySnapshot? stale, CancellationToken cancellationToken)
    {
        if (!MayRunBehind)
        {
            return Make(stale, cancellationToken);
        }

        var activity = Tracing.Current;
        return DetachedTask.Run(() =>
        {
            Activity.Current = activity;
            return Make(stale, cancellationToken);
        });
    }

    public override void Check() => maker.Check(_options, _tags);

    public override bool TryGetOwn(EntrySnapshot entry, out T value)
    {
        var isOwn = _made is { } made && ReferenceEquals(made.Payload, entry.Payload);
        value = isOwn ? _made!.Value : default!;
        return isOwn;
    }

    private async Task<Generated> Make(EntrySnapshot? stale, CancellationToken cancellationToken)
    {
        var context = maker.Begin(
            key, _tags, _options, _outer, stale, type => stale is not null && type == typeof(T) && maker.Serializer.TryDeserialize<T>(stale.Payload, out var old) ? old : null);
        context.Enter();
        try
        {
            var value = await factory(state, context, cancellationToken).ConfigureAwait(false);
            if (context.IsAbsent)
            {
                _made = new(value, new([], null));
                return maker.Make(context, _made.Payload, _options, isLoaded: false) with { WhyNotStored = "Its factory gave no value.", IsUnwanted = true, IsForOwnCaller = true };
            }

            if (context.Kept is { } kept && maker.Serializer.TryDeserialize<T>(kept, out var old))
            {
                // The bytes as they are; and what the factory did with the object that it got is no part of the entry.
                _made = new(old, kept);
                return maker.Make(context, kept, _options, isLoaded: kind == FactoryKind.Loader) with { IsForOwnCaller = isWithinHold };
            }

            if (value is null && _options is { StoreNull: false })
            {
                context.Withhold();
            }

            var written = maker.TryWrite(value, out var readBack);
            var payload = written ?? new Payload([], null);
            var made = maker.Make(context, payload, _options, isLoaded: kind == FactoryKind.Loader);
            _made = new(readBack, payload);
            return written is null ? made with { WhyNotStored = "It cannot be serialized.", IsForOwnCaller = true }
                : isWithinHold ? made with { IsForOwnCaller = true }
                : made;
        }
        catch
        {
            _said = context.NamedTags();
            throw;
        }
        finally
        {
            context.End();
        }
    }

    private sealed record Made(T Value, Payload Payload);
}
