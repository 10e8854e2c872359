using System.Diagnostics.CodeAnalysis;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;

namespace OrleansTagCache;

/// <summary>
/// The entry that a factory is making: it takes tags and lives that only the factory knows. Cached calls inside the factory add their tags to
/// it and limit its life, so that updating a tag of an inner entry expires the outer one too. A response that output caching may store has a context as well, which stays internal.
/// </summary>
/// <remarks>Thread-safe. It ends with the factory; using it afterwards throws an <see cref="InvalidOperationException"/>.</remarks>
public sealed class CacheContext
{
    /// <summary>No entry of its users has such a key.</summary>
    private const string OfResponse = "\u0001response";

    /// <inheritdoc cref="OfResponse"/>
    private const string OfMany = "\u0001many";

    private static readonly AsyncLocal<CacheContext?> Ambient = new();
    private static readonly CacheLifeProfiles BuiltInProfiles = new();

    private readonly Lock _gate = new();
    private readonly HashSet<string> _tags;
    private readonly CacheLifeProfiles _profiles;
    private readonly CacheContext? _outer;
    private readonly Func<Type, object?>? _stale;
    private readonly EntrySnapshot? _old;
    private readonly Func<bool>? _mayBeStored;
    private readonly CacheContext[] _parts = [];
    private HashSet<string>? _copiedTags;
    private CacheLife? _life;
    private CacheLife? _limit;
    private bool _hasEnded;

    internal CacheContext(
        CacheNamespace ns,
        string key,
        IReadOnlyCollection<string> tags,
        CacheLife? life,
        CacheLifeProfiles profiles,
        CacheContext? outer,
        EntrySnapshot? old = null,
        Func<Type, object?>? stale = null)
    {
        (Namespace, Key) = (ns, key);
        _tags = new(tags, StringComparer.Ordinal);
        (_life, _profiles, _outer, _old, _stale) = (life, profiles, outer, old, stale);
    }

    /// <summary>A response that may be stored is generated too, by code that is not a factory: it may update tags.</summary>
    /// <param name="ns">The namespace of the process, where responses are stored.</param>
    /// <param name="mayBeStored">Asked at every use; while it may not be, there is no such context.</param>
    internal CacheContext(CacheNamespace ns, Func<bool> mayBeStored)
        : this(ns, OfResponse, [], life: null, BuiltInProfiles, Current) => _mayBeStored = mayBeStored;

    /// <summary>One factory makes several entries: what it reads, all of them depend on.</summary>
    /// <param name="parts">The entries, of one namespace.</param>
    internal CacheContext(CacheContext[] parts)
        : this(parts[0].Namespace, OfMany, [], life: null, BuiltInProfiles, Current) => _parts = parts;

    /// <summary>The key of the entry.</summary>
    public string Key { get; }

    /// <summary>The namespace of the entry.</summary>
    internal CacheNamespace Namespace { get; }

    /// <summary>Whether it is not a factory's but a response's.</summary>
    internal bool IsOfResponse => _mayBeStored is not null;

    /// <summary>The factory, or the response, whose flow this code belongs to, unless it has ended.</summary>
    internal static CacheContext? Current
    {
        get
        {
            var context = Ambient.Value;
            while (context is { IsOn: false })
            {
                context = context._outer;
            }

            return context;
        }
    }

    /// <summary>Whether the value must not be stored, since it was made from something that cannot vouch for itself.</summary>
    internal string? WhyNotStored { get; private set; }

    /// <summary>Whether the value is for its readers alone.</summary>
    internal bool IsUnwanted { get; private set; }

    /// <summary>Whether the factory said so, or one that it called: then what is made from the value is for its readers alone too.</summary>
    internal bool IsWithheld { get; private set; }

    /// <summary>Whether the value is not to be kept near by who made it.</summary>
    internal bool IsFar { get; private set; }

    /// <summary>The stored value, if the factory said that it has not changed.</summary>
    internal Payload? Kept { get; private set; }

    /// <summary>Whether the factory, which was asked for several entries, gave no value for this one.</summary>
    internal bool IsAbsent { get; set; }

    /// <summary>Adds tags to the entry, at most 128 per call. An entry with more than 1,024 in all, including those of nested calls, is returned and not stored.</summary>
    /// <param name="tags">The tags.</param>
    /// <exception cref="ArgumentException">A tag or the number of tags breaks a limit, or a tag is <c>*</c>.</exception>
    /// <exception cref="InvalidOperationException">The factory has ended.</exception>
    public void Tag(params string[] tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        var checkedTags = TagSet.ForEntry(tags);
        lock (_gate)
        {
            MustNotHaveEnded();
            AddNeedsGate(checkedTags);
        }
    }

    /// <summary>Limits the entry's life. Several lives combine to the smallest of each field.</summary>
    /// <param name="life">The life.</param>
    /// <exception cref="ArgumentException">The life is a profile that the options do not know.</exception>
    /// <exception cref="InvalidOperationException">The factory has ended.</exception>
    public void Life(CacheLife life)
    {
        ArgumentNullException.ThrowIfNull(life);
        var known = _profiles.Resolve(life, nameof(life));
        lock (_gate)
        {
            MustNotHaveEnded();
            _life = _life is null ? known : CacheLife.Smallest(_life, known);
        }
    }

    /// <summary>
    /// Keeps the value from being stored: those who wait for it in this process get it, and the next reader makes another. A stale value that it was to replace stays until its
    /// deadline. An entry whose factory reads this one is not stored either.
    /// </summary>
    /// <exception cref="InvalidOperationException">The factory has ended.</exception>
    public void DoNotStore()
    {
        lock (_gate)
        {
            MustNotHaveEnded();
        }

        Withhold();
    }

    /// <summary>
    /// Gets the value that is being refreshed, if there is one: for conditional requests, or to keep what has not changed (<see cref="NotModified"/>). It is stale, or due for an eager refresh, or past its life and kept for <see cref="CacheEntryOptions.FailSafe"/>; it is never one that an update
    /// has expired.
    /// </summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="value">The stale value.</param>
    /// <returns>Whether there is such a value of that type.</returns>
    public bool TryGetStale<T>([MaybeNullWhen(false)] out T value)
    {
        if (_stale?.Invoke(typeof(T)) is T stale)
        {
            value = stale;
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>
    /// Says that the source has not changed: the entry keeps its value, as it is stored, and its tags, in addition to those that this factory names. It counts as generated now, and has a life as after any other generation. What the
    /// factory returns then is ignored, except that it is returned.
    /// </summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <returns>The value, for the factory to return.</returns>
    /// <exception cref="InvalidOperationException">There is no value of that type to keep: ask <see cref="TryGetStale"/> first. Or the factory has ended.</exception>
    public T NotModified<T>()
    {
        if (!TryGetStale<T>(out var value))
        {
            throw new InvalidOperationException($"There is no value of type {typeof(T)} that could be kept. Ask TryGetStale before the source is asked whether it has changed.");
        }

        lock (_gate)
        {
            MustNotHaveEnded();
            Kept = _old!.Payload;

            // It is a copy of what it was: what it was made from is not read again.
            AddNeedsGate(_old.Tags);
            (_copiedTags ??= new(StringComparer.Ordinal)).UnionWith(_old.Tags);
        }

        return value;
    }

    /// <summary>Replaces the entry's own life, for adapters whose factories decide on it; null for the default. Inner entries limit it all the same.</summary>
    internal void Decide(CacheLife? life, bool isUnwanted, bool isFar)
    {
        lock (_gate)
        {
            (_life, IsUnwanted, IsFar) = (life, isUnwanted || IsWithheld, isFar);
        }
    }

    /// <summary>Makes this the flow's factory; the caller restores by leaving its async method.</summary>
    internal void Enter() => Ambient.Value = this;

    internal void End()
    {
        lock (_gate)
        {
            _hasEnded = true;
        }
    }

    internal bool IsGenerating(CacheNamespace ns, ReadOnlySpan<char> key)
    {
        for (var context = this; context is not null; context = context._outer)
        {
            if (!context._hasEnded && key.SequenceEqual(context.Key) && ns == context.Namespace)
            {
                return true;
            }

            foreach (var part in context._parts)
            {
                if (!part._hasEnded && key.SequenceEqual(part.Key) && ns == part.Namespace)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>
    /// A call inside the factory says which tags its entry has. Whatever becomes of the call, this entry depends on them: what it makes of a failure, or
    /// of a value that is stored nowhere, would otherwise outlive their update. What is no tag cannot be updated, and is left out.
    /// </summary>
    /// <param name="ns">The namespace of the call.</param>
    /// <param name="tags">The tags.</param>
    internal void DependsOn(CacheNamespace ns, IReadOnlyCollection<string>? tags)
    {
        if (tags is null or { Count: 0 } && ns == Namespace)
        {
            return;
        }

        foreach (var part in _parts)
        {
            part.DependsOn(ns, tags);
        }

        if (_parts.Length > 0)
        {
            return;
        }

        lock (_gate)
        {
            AddNeedsGate(Carried(ns, [.. (tags ?? []).Where(TagSet.IsSound)]));
        }
    }

    /// <summary>As <see cref="DependsOn"/>, of the tags that an inner factory had when it failed: those of the entries that it had read are among them.</summary>
    internal void DependsOnTagsOf(CacheNamespace ns, IReadOnlyCollection<string> named)
    {
        foreach (var part in _parts)
        {
            part.DependsOnTagsOf(ns, named);
        }

        if (_parts.Length > 0)
        {
            return;
        }

        lock (_gate)
        {
            AddNeedsGate(Carried(ns, named));
        }
    }

    /// <summary>The tags that have been named so far.</summary>
    internal string[] NamedTags()
    {
        lock (_gate)
        {
            return [.. _tags];
        }
    }

    /// <summary>This entry is being made from one of that namespace.</summary>
    internal void MadeFrom(CacheNamespace ns, IReadOnlyCollection<string> tags, CacheLife life, TimeSpan age, bool promiseSuspended)
    {
        foreach (var part in _parts)
        {
            part.MadeFrom(ns, tags, life, age, promiseSuspended);
        }

        if (_parts.Length > 0)
        {
            return;
        }

        lock (_gate)
        {
            var limit = life.After(age);
            _limit = _limit is null ? limit : CacheLife.Smallest(_limit, limit);
            var carried = Carried(ns, tags);
            AddNeedsGate(carried);
            (_copiedTags ??= new(StringComparer.Ordinal)).UnionWith(carried);
            if (promiseSuspended)
            {
                WhyNotStored = "It was made from an entry that was served without a valid lease.";
            }
        }
    }

    /// <summary>The value, or one that it is made from, is not for storing.</summary>
    internal void Withhold()
    {
        foreach (var part in _parts)
        {
            part.Withhold();
        }

        lock (_gate)
        {
            (IsUnwanted, IsWithheld) = (true, true);
        }
    }

    /// <summary>What is to be stored with the payload.</summary>
    internal EntryData ToEntry(Payload payload, CacheLife defaultLife)
    {
        lock (_gate)
        {
            var life = _life ?? defaultLife;
            return new(payload, [.. _tags], _copiedTags is null ? null : [.. _copiedTags], _limit is null ? life : CacheLife.Smallest(life, _limit));
        }
    }

    /// <summary>What was stated of an entry that was made in this context, with what the context knows of it.</summary>
    internal EntryData Over(EntryData entry)
    {
        var made = ToEntry(entry.Payload, entry.Life);
        return entry with { Tags = [.. made.Tags.Union(entry.Tags, StringComparer.Ordinal)], CopiedTags = made.CopiedTags, Life = made.Life };
    }

    private bool IsOn => !_hasEnded && _mayBeStored?.Invoke() != false;

    /// <summary>
    /// The tags of an entry of that namespace as this entry carries them. Of another namespace it carries <c>*</c> too: an entry has that of its own namespace by itself.
    /// </summary>
    private IReadOnlyCollection<string> Carried(CacheNamespace ns, IReadOnlyCollection<string> tags) => ns == Namespace
        ? tags
        : [.. tags.Select(tag => TagId.OfEntryTag(ns, tag)).Append(TagId.OfEverything(ns)).Select(tag => tag.CarriedIn(Namespace)).Where(tag => tag != TagName.Everything.Value)];

    private void AddNeedsGate(IReadOnlyCollection<string> tags)
    {
        _tags.UnionWith(tags);
        if (_tags.Count > NameLimits.TagsPerEntry)
        {
            WhyNotStored ??= $"An entry may have at most {NameLimits.TagsPerEntry} tags; with those of nested calls this one has {_tags.Count}.";
        }
    }

    private void MustNotHaveEnded()
    {
        if (_hasEnded)
        {
            throw new InvalidOperationException("The factory has ended; its context takes no more tags or lives.");
        }
    }
}
