using System.Runtime.CompilerServices;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Listeners;
using OrleansTagCache.Names;
using OrleansTagCache.Near;
using OrleansTagCache.Serialization;
using OrleansTagCache.Transport;

namespace OrleansTagCache;

/// <summary>
/// Reads an entry from the cluster: the one way in which flights, look-ups, adapters and the HTTP API do it. It asks under the stamp of the near cache, keeps near what may be kept,
/// waits while another process makes the value, and counts the read.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class EntryReader(EntryClient entries, PayloadCodec codec, NearCache near, ClientMetrics metrics, CacheListeners listeners, TagCacheClientOptions options, TimeProvider time)
{
    /// <summary>How long one request waits for another process's generation before the next one is sent.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly CacheNamespace _namespace = CacheNamespace.Parse(options.Namespace, nameof(options));

    /// <summary>Those who hear of hits from memory; null as a rule, and then such a hit pays for no more than the look.</summary>
    private readonly CacheListeners? _nearListeners = listeners.Hear(TagCacheEventKinds.NearHit) ? listeners : null;

    /// <summary>Reads until there is a value, a token or a reason not to wait any longer.</summary>
    /// <param name="key">The key, as the near cache knows it.</param>
    /// <param name="scopedKey">The key with its namespace.</param>
    /// <param name="terms">What the reader takes and may do.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The last answer, or null if the cluster did not give one; and what was noted before it was asked for.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<(Acquired? Answer, NearAsk Ask)> Read(string key, string scopedKey, ReadTerms terms, CancellationToken cancellationToken)
    {
        // With a factory, the read is more than this, and begins before.
        using var activity = terms.IsCounted && !terms.HasFactory ? Tracing.Start(CacheActivities.Read) : null;

        // The first request does not wait: a silo that answers it is alive and worth the wait, and it may share a message with others.
        var wait = TimeSpan.Zero;
        while (true)
        {
            var ask = near.Ask(terms.MayKeep);
            var request = new AcquireRequest(terms.MayGenerate, terms.FreshOnly, wait, ask.Sessions, Tags: wait > TimeSpan.Zero || terms.IsProbe ? terms.Tags : null, MayRefreshEarly: terms.MayRefreshEarly, SoftTags: terms.SoftTags, Lease: terms.Lease);
            var answer = codec.Decode(scopedKey, await entries.TryAcquire(scopedKey, request, options.ReadTimeout, cancellationToken).ConfigureAwait(false));
            Keep(key, scopedKey, answer, terms.Tags, ask);
            var left = terms.WaitUntil - time.Now();
            if (answer?.Status != AcquireStatus.Busy || left <= TimeSpan.Zero || terms.IsWorthWaiting?.Invoke() == false)
            {
                if (terms.IsCounted && OutcomeOf(answer, terms) is { } outcome)
                {
                    metrics.OnRead(outcome);
                    listeners.OnRead(scopedKey, outcome);
                    Tracing.Note(outcome);
                }

                return (answer, ask);
            }

            wait = left < LongestWait ? left : LongestWait;
        }
    }

    /// <summary>Looks many entries up at once, without waiting: in few messages.</summary>
    /// <param name="keys">The keys, as the near cache knows them.</param>
    /// <param name="scopedKeys">The keys with their namespace.</param>
    /// <param name="freshOnly">Whether a stale value is as good as none.</param>
    /// <param name="mayKeep">Whether what it gets may be kept near.</param>
    /// <param name="mostBytes">About how many bytes of values are read at most.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The answers in the order of the keys; null where the cluster did not give one, or was not asked any more. The caller counts the reads.</returns>
    public async ValueTask<Acquired?[]> ReadMany(string[] keys, string[] scopedKeys, bool freshOnly, bool mayKeep, long mostBytes, CancellationToken cancellationToken)
    {
        using var activity = Tracing.Start(CacheActivities.Read);
        var ask = near.Ask(mayKeep);
        var answers = await entries.TryAcquireMany(scopedKeys, new(MayGenerate: false, freshOnly, TimeSpan.Zero, ask.Sessions), options.ReadTimeout, mostBytes, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < keys.Length; i++)
        {
            answers[i] = codec.Decode(scopedKeys[i], answers[i]);
            Keep(keys[i], scopedKeys[i], answers[i], said: null, ask);
        }

        return answers;
    }

    /// <summary>For a read that no factory can serve: explains why it has failed.</summary>
    public CallWait Watch(string what) => entries.Watch(what, options.ReadTimeout);

    /// <summary>One of many reads has ended: it counts as one that was made alone.</summary>
    public void Count(CacheNamespace ns, string key, Acquired? answer)
    {
        if (OutcomeOf(answer, default) is { } outcome)
        {
            metrics.OnRead(outcome);
            listeners.OnRead(ns, key, outcome);
        }
    }

    /// <summary>A value was served from memory: it counts like any other read, and the entry that is made from it depends on it.</summary>
    public void FoundNear(NearHit hit, CacheContext? outer)
    {
        var outcome = hit.IsStale ? Outcome.NearStale : Outcome.Near;
        metrics.OnRead(outcome);
        _nearListeners?.OnRead(_namespace, hit.Entry!.Slot.Name, outcome);
        outer?.MadeFrom(_namespace, hit.Entry!.Tags, hit.Entry.Life, hit.Entry.AgeAt(hit.At), promiseSuspended: false);
    }

    /// <summary>An answer came: what is fresh is kept near, if it may be, and what was said of the session is heard.</summary>
    private void Keep(string key, string scopedKey, Acquired? answer, string[]? said, NearAsk ask)
    {
        if (answer is { Status: AcquireStatus.Fresh, Entry: { } fresh })
        {
            near.KeepCopy(key, scopedKey, fresh, said, answer.Near, ask);
        }
        else
        {
            near.Hear(answer?.Near, ask);
        }
    }

    /// <summary>What a read counts as; null where the factory counts it, which runs without the cluster.</summary>
    private static Outcome? OutcomeOf(Acquired? answer, ReadTerms terms) => answer switch
    {
        { Status: AcquireStatus.Fresh } => Outcome.Hit,
        { Token.IsNone: false } when !terms.TakesStale => Outcome.Generated,
        { Status: AcquireStatus.Stale } => Outcome.Stale,
        { Token.IsNone: false } => Outcome.Generated,
        { Status: AcquireStatus.Miss } when !terms.HasFactory => Outcome.Miss,
        _ => terms.HasFactory ? null : answer?.Status is AcquireStatus.Busy or AcquireStatus.NotForStoring ? Outcome.Miss : Outcome.Failed,
    };
}

/// <summary>What a reader takes and may do.</summary>
/// <param name="MayGenerate">Whether it takes a token and makes the value if there is none.</param>
/// <param name="FreshOnly">Whether a stale value is as good as none.</param>
/// <param name="MayKeep">Whether what it gets may be kept near.</param>
internal readonly record struct ReadTerms(bool MayGenerate, bool FreshOnly, bool MayKeep)
{
    /// <summary>For how long its token holds, if that is less than the silo's <c>GenerationLease</c>; zero for as long as that.</summary>
    public TimeSpan Lease { get; init; }

    /// <summary>Until when it waits while another process makes the value; not at all by default.</summary>
    public Moment WaitUntil { get; init; } = Moment.Past;

    /// <summary>The tags that it would give the value: it does not wait for a generation that began before one of them was updated.</summary>
    public string[]? Tags { get; init; }

    /// <summary>As in <see cref="AcquireRequest.SoftTags"/>.</summary>
    public string[]? SoftTags { get; init; }

    /// <summary>Whether it would wait, but asks for the state of things first.</summary>
    public bool IsProbe { get; init; }

    /// <summary>Asked before each wait: false if the reader gives up instead.</summary>
    public Func<bool>? IsWorthWaiting { get; init; }

    /// <summary>Whether it makes a newer value behind its back, should the one that it gets be due for that.</summary>
    public bool MayRefreshEarly { get; init; }

    /// <summary>Whether it counts as a read: not if no caller gets the value.</summary>
    public bool IsCounted { get; init; } = true;

    /// <summary>Whether a factory runs when there is no value: then that counts the read.</summary>
    public bool HasFactory { get; init; }

    /// <summary>Whether a reader that gets a token is served the stale value all the same.</summary>
    public bool TakesStale { get; init; } = true;
}
