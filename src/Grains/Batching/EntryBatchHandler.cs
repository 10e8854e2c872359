using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Ownership;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Batching;

/// <summary>Answers for many entries of this silo at once. A fresh value is served here, without a turn of its grain; everything else is answered by the grain.</summary>
/// <remarks>Thread-safe. It holds nothing.</remarks>
internal sealed class EntryBatchHandler(EntryServices services, Owners owners, IEntryGrains grains)
{
    /// <summary>An answer is one message: values beyond this size are fetched from their own grains.</summary>
    private const int MaximumBytes = 1 << 20;

    /// <summary>How long the entries' grains are waited for: a slow one must not delay the others. A caller without an answer calls that grain alone, under the same request id.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    public async ValueTask<Acquired?[]> Acquire(EntryRead[] questions, SessionId[]? sessions)
    {
        var answers = new Acquired?[questions.Length];
        List<Task>? asked = null;
        var bytes = 0;
        for (var i = 0; i < answers.Length && bytes <= MaximumBytes; i++)
        {
            var question = questions[i];
            if (TryGetFresh(question.ScopedKey, sessions) is { } fresh)
            {
                answers[i] = fresh;
                bytes += fresh.Entry!.Payload.Bytes.Length;
            }
            else if (owners.IsAstray(question.ScopedKey))
            {
                answers[i] = Acquired.Moved;
            }
            else
            {
                bytes += services.Table.Find(question.ScopedKey)?.Value?.Payload.Bytes.Length ?? 0;
                (asked ??= []).Add(Ask(question, sessions, answers, i));
            }
        }

        return asked is null ? answers : await Within(asked, answers);
    }

    public async ValueTask<CommitOutcome?[]> Commit(EntryOffer[] offers, SessionId[]? sessions)
    {
        var outcomes = new CommitOutcome?[offers.Length];
        List<Task> offered = [.. offers.Select((offer, i) => owners.IsAstray(offer.ScopedKey) ? Task.CompletedTask : Offer(offer, sessions, outcomes, i))];
        return await Within(offered, outcomes);
    }

    /// <summary>What was answered in time: a copy, since late answers are still written.</summary>
    private async ValueTask<T?[]> Within<T>(List<Task> tasks, T?[] answers)
    {
        await Task.WhenAll(tasks).WaitAsync(Patience, services.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return [.. answers];
    }

    private Acquired? TryGetFresh(string scopedKey, SessionId[]? sessions)
    {
        if (services.Table.Find(scopedKey) is not { Value: { } value } entry)
        {
            return null;
        }

        // Another thread than the entry's: so interest first, the check second, and last whether it is still the entry's (invariant C3).
        var session = sessions is null ? null : services.Sessions.Register(sessions, value.Records);
        var now = services.Now;
        if (!services.Lease.IsValid(now) || !value.IsFreshAt(services.Ledger, now))
        {
            return null;
        }

        entry.Used(now);
        value.Read(now);
        services.Metrics.OnRead(AcquireStatus.Fresh);
        var near = sessions is null ? null : services.Sessions.Terms(sessions, session, isLive: ReferenceEquals(entry.Value, value));
        return new(AcquireStatus.Fresh, value.SnapshotAt(now), TokenId.None, near);
    }

    private async Task Ask(EntryRead question, SessionId[]? sessions, Acquired?[] answers, int place)
    {
        var request = new AcquireRequest(question.MayGenerate, question.FreshOnly, TimeSpan.Zero, sessions, question.RequestId);
        try
        {
            answers[place] = await grains[question.ScopedKey].Acquire(request);
        }
        catch (Exception)
        {
            // The caller calls the grain alone next, and sees the fault there.
        }
    }

    private async Task Offer(EntryOffer offer, SessionId[]? sessions, CommitOutcome?[] outcomes, int place)
    {
        try
        {
            outcomes[place] = await grains[offer.ScopedKey].Commit(offer.Token, offer.Data, sessions);
        }
        catch (Exception)
        {
            // No answer: the value counts as not stored.
        }
    }
}
