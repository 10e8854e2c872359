using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Ownership;

namespace OrleansTagCache.Batching;

/// <summary>Answers for many entries of this silo at once, from its store: no read and no commit costs an activation.</summary>
/// <remarks>Thread-safe. It holds nothing.</remarks>
internal sealed class EntryBatchHandler(EntryStore store, Owners owners, IFormerValues former)
{
    /// <summary>An answer is one message: values beyond this size are fetched one by one.</summary>
    private const int MaximumBytes = 1 << 20;

    /// <summary>As <see cref="IBatchService.Acquire"/>, of what is fresh: that takes no lock. The others have no answer yet.</summary>
    public Acquired?[] AcquireFresh(EntryRead[] reads, SessionId[]? sessions)
    {
        var answers = new Acquired?[reads.Length];
        var bytes = 0;
        for (var i = 0; i < answers.Length && bytes <= MaximumBytes; i++)
        {
            answers[i] = store.TryRead(reads[i].ScopedKey, sessions, reads[i].MayRefreshEarly);
            bytes += BytesOf(answers[i]);
        }

        return answers;
    }

    /// <summary>Answers what <see cref="AcquireFresh"/> has left without an answer.</summary>
    public void AcquireOthers(EntryRead[] reads, SessionId[]? sessions, Acquired?[] answers)
    {
        var bytes = answers.Sum(BytesOf);
        for (var i = 0; i < answers.Length && bytes <= MaximumBytes; i++)
        {
            if (answers[i] is null)
            {
                answers[i] = TryAsk(reads[i], sessions);
                bytes += BytesOf(answers[i]);
            }
        }
    }

    /// <summary>As <see cref="IBatchService.Commit"/>.</summary>
    public CommitOutcome?[] Commit(EntryOffer[] offers, SessionId[]? sessions) => Array.ConvertAll(offers, offer => TryCommit(offer, sessions));

    private static int BytesOf(Acquired? answer) => answer?.Entry?.Payload.Bytes.Length ?? 0;

    /// <summary>What cannot be answered keeps no other answer back: its caller calls the grain alone next, and sees the fault there.</summary>
    private Acquired? TryAsk(EntryRead read, SessionId[]? sessions)
    {
        try
        {
            // What may still be found at another silo takes a while: its caller asks the grain alone.
            return owners.IsAstray(read.ScopedKey) ? AskCopy(read, sessions)
                : former.MayFind(read.ScopedKey) ? null
                : store.Ask(read.ScopedKey, new(read.MayGenerate, read.FreshOnly, TimeSpan.Zero, sessions, read.RequestId, MayRefreshEarly: read.MayRefreshEarly, Lease: read.Lease));
        }
        catch (Exception)
        {
            return null;
        }
    }

    /// <summary>A reader who does not reach the owner asks its standby: which answers from its copy, and gives no right to make a value.</summary>
    private Acquired AskCopy(EntryRead read, SessionId[]? sessions) =>
        !read.MayGenerate && store.Ask(read.ScopedKey, new(MayGenerate: false, read.FreshOnly, TimeSpan.Zero, sessions)) is { Entry: not null } copy ? copy : Acquired.Moved;

    /// <inheritdoc cref="TryAsk"/>
    private CommitOutcome? TryCommit(EntryOffer offer, SessionId[]? sessions)
    {
        try
        {
            // A generation is committed where its token came from, also when the key belongs to another silo by now.
            var outcome = store.Commit(offer.ScopedKey, offer.Token, offer.Data, sessions);
            return outcome.Status == CommitStatus.UnknownToken && owners.IsAstray(offer.ScopedKey) ? null : outcome;
        }
        catch (Exception)
        {
            return null;
        }
    }
}
