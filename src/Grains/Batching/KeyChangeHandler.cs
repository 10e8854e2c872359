using System.Collections.Concurrent;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Ownership;

namespace OrleansTagCache.Batching;

/// <summary>
/// Sets and removes many entries of this silo at once. Their updates go to the other processes together, and are mostly acknowledged together. One that some process holds up
/// does not hold up the others of its message: it is answered as pending, and asked for alone.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class KeyChangeHandler(EntryStore store, Owners owners, TimeProvider time)
{
    /// <summary>How long a message waits while none of its changes ends: those that are left are held up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    /// <summary>How long it waits at most.</summary>
    private static readonly TimeSpan LongestPatience = TimeSpan.FromMilliseconds(500);

    /// <summary>Timers are no finer.</summary>
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(1);

    /// <summary>How long it is remembered how a pending change ended, should nothing ask for it.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<long, Task<UpdateOutcome>> _pending = [];
    private long _last;

    /// <summary>How many are pending, or were and have not been asked for.</summary>
    public int PendingCount => _pending.Count;

    /// <summary>As <see cref="IBatchService.BeginSets"/>.</summary>
    public SetBegun?[] BeginSets(string[] scopedKeys) => Array.ConvertAll(scopedKeys, key => owners.IsAstray(key) ? null : new SetBegun(store.BeginSet(key)));

    /// <summary>As <see cref="IBatchService.Change"/>.</summary>
    public async Task<KeyChanged?[]> Change(KeyChange[] changes)
    {
        var begun = BeginAll(changes);
        var begunAt = time.Now();
        var progressAt = begunAt;
        var left = Left(begun);
        while (Array.Find(begun, static change => change is { Completion.IsCompleted: false }) is { } next)
        {
            var patience = Moment.Earlier(progressAt + Patience, begunAt + LongestPatience) - time.Now();
            if (patience < LeastPatience)
            {
                break;
            }

            await ((Task)next.Completion).WaitAsync(patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Left(begun) is var now && now < left)
            {
                (left, progressAt) = (now, time.Now());
            }
        }

        return Array.ConvertAll(begun, AnswerTo);
    }

    /// <summary>As <see cref="IBatchService.Finish"/>.</summary>
    public async ValueTask<UpdateOutcome?> Finish(long pending) => _pending.TryRemove(pending, out var ending) ? await ending.ConfigureAwait(false) : null;

    private static int Left(Begun?[] begun) => begun.Count(change => change is { Completion.IsCompleted: false });

    /// <summary>Their updates are sent when all have begun: else the first would go alone, and the others after the answer to it.</summary>
    private Begun?[] BeginAll(KeyChange[] changes)
    {
        var later = new HashSet<SiloAddress>();
        try
        {
            return Array.ConvertAll(changes, change => Begin(change, later));
        }
        finally
        {
            store.Send(later);
        }
    }

    /// <summary>What cannot be begun keeps no other change back; how far it came is not known.</summary>
    private Begun? Begin(KeyChange change, HashSet<SiloAddress> later)
    {
        var isAstray = owners.IsAstray(change.ScopedKey);
        if (isAstray && change.Data is null)
        {
            return null;
        }

        try
        {
            if (change.Data is not { } data)
            {
                return new((null, store.BeginRemoving(change.ScopedKey, change.Trace, later)));
            }

            // A set ends where its token came from, also when the key belongs to another silo by now.
            var stored = store.Store(change.ScopedKey, change.Token, data, change.Age, change.Trace, later, change.Since);
            return isAstray && stored.Commit.Status == CommitStatus.UnknownToken ? null : new Begun(stored);
        }
        catch (Exception exception)
        {
            return new((change.Data is null ? null : CommitOutcome.UnknownToken, Task.FromResult(UpdateOutcome.Incomplete(exception.Message))));
        }
    }

    private KeyChanged? AnswerTo(Begun? begun)
    {
        if (begun is not { } change)
        {
            return null;
        }

        if (change.Completion.IsCompletedSuccessfully)
        {
            return new(change.Commit, change.Completion.Result);
        }

        var number = Interlocked.Increment(ref _last);
        var ending = store.Within(change.Completion);
        _pending[number] = ending;
        _ = Forget(number, ending);
        return new(change.Commit, Update: null, number);
    }

    private async Task Forget(long number, Task ending)
    {
        await ending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(Memory, time).ConfigureAwait(false);
        _pending.TryRemove(number, out _);
    }

    /// <summary>A change that this silo has applied, and whose update goes to the others.</summary>
    private readonly record struct Begun(CommitOutcome? Commit, Task<UpdateOutcome> Completion)
    {
        public Begun((CommitOutcome? Commit, Task<UpdateOutcome> Completion) change)
            : this(change.Commit, change.Completion)
        {
        }
    }
}
