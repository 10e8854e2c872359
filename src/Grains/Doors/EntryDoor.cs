using OrleansTagCache.Cluster;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Placement;

namespace OrleansTagCache.Doors;

/// <summary>Answers for many entries of this silo at once. A fresh value is given here, without a turn of its grain; all else the grain says.</summary>
/// <remarks>Thread-safe. It holds nothing.</remarks>
internal sealed class EntryDoor(EntryHost host, Owners owners, IEntryGrains grains)
{
    /// <summary>An answer is one message: the values beyond this are asked of their own grains.</summary>
    private const int MaximumBytes = 1 << 20;

    /// <summary>How long the entries' grains are waited for: one that is slow is not to hold the others up. Who gets no answer asks that grain alone, under the same name.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    public async ValueTask<Acquired?[]> Acquire(EntryQuestion[] questions, SessionId[]? sessions)
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
                bytes += host.Table.Find(question.ScopedKey)?.Value?.Payload.Bytes.Length ?? 0;
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

    /// <summary>What has been answered in time: a copy, since the late ones still write.</summary>
    private async ValueTask<T?[]> Within<T>(List<Task> tasks, T?[] answers)
    {
        await Task.WhenAll(tasks).WaitAsync(Patience, host.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return [.. answers];
    }

    private Acquired? TryGetFresh(string scopedKey, SessionId[]? sessions)
    {
        if (host.Table.Find(scopedKey) is not { Value: { } value } entry)
        {
            return null;
        }

        // Another thread than the entry's: so interest first, the check second, and last whether it is still the entry's (invariant C3).
        var session = sessions is null ? null : host.Sessions.Register(sessions, value.Records);
        var now = host.Now;
        if (!host.Lease.IsValid(now) || !value.IsFreshAt(host.Ledger, now))
        {
            return null;
        }

        entry.Used(now);
        value.Read(now);
        host.Metrics.OnRead(AcquireStatus.Fresh);
        var near = sessions is null ? null : host.Sessions.Terms(sessions, session, isLive: ReferenceEquals(entry.Value, value));
        return new(AcquireStatus.Fresh, value.SnapshotAt(now), GenerationId.None, near);
    }

    private async Task Ask(EntryQuestion question, SessionId[]? sessions, Acquired?[] answers, int place)
    {
        var request = new AcquireRequest(question.MayGenerate, question.FreshOnly, TimeSpan.Zero, sessions, question.Asker);
        try
        {
            answers[place] = await grains[question.ScopedKey].Acquire(request);
        }
        catch (Exception)
        {
            // It is asked again, alone: then it is heard what is wrong.
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
