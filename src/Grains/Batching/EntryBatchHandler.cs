using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Entries;
using OrleansTagCache.Ownership;

namespace OrleansTagCache.Batching;

/// <summary>Answers for many entries of this silo at once, from its store: no read and no commit costs an activation.</summary>
/// <remarks>Thread-safe. It holds nothing.</remarks>
internal sealed class EntryBatchHandler(EntryStore store, Owners owners)
{
    /// <summary>An answer is one message: values beyond this size are fetched one by one.</summary>
    private const int MaximumBytes = 1 << 20;

    /// <summary>As <see cref="IBatchService.Acquire"/>: what is fresh, and takes no lock. The places of the others are empty, and so is the answer to <paramref name="isWhole"/>.</summary>
    public Acquired?[] AcquireFresh(EntryRead[] reads, SessionId[]? sessions, out bool isWhole)
    {
        var answers = new Acquired?[reads.Length];
        var bytes = 0;
        isWhole = true;
        for (var i = 0; i < answers.Length && bytes <= MaximumBytes; i++)
        {
            answers[i] = store.TryRead(reads[i].ScopedKey, sessions);
            bytes += BytesOf(answers[i]);
            isWhole &= answers[i] is not null;
        }

        return answers;
    }

    /// <summary>Fills the places that <see cref="AcquireFresh"/> has left empty.</summary>
    public void AcquireOthers(EntryRead[] reads, SessionId[]? sessions, Acquired?[] answers)
    {
        var bytes = answers.Sum(BytesOf);
        for (var i = 0; i < answers.Length && bytes <= MaximumBytes; i++)
        {
            if (answers[i] is null)
            {
                answers[i] = Answer(() => Ask(reads[i], sessions));
                bytes += BytesOf(answers[i]);
            }
        }
    }

    /// <summary>As <see cref="IBatchService.Commit"/>.</summary>
    public CommitOutcome?[] Commit(EntryOffer[] offers, SessionId[]? sessions) => Array.ConvertAll(
        offers,
        offer => Answer(() => owners.IsAstray(offer.ScopedKey) ? null : store.Commit(offer.ScopedKey, offer.Token, offer.Data, sessions)));

    private static int BytesOf(Acquired? answer) => answer?.Entry?.Payload.Bytes.Length ?? 0;

    /// <summary>What cannot be answered keeps no other answer back: its caller calls the grain alone next, and sees the fault there.</summary>
    private static T? Answer<T>(Func<T?> call)
        where T : class
    {
        try
        {
            return call();
        }
        catch (Exception)
        {
            return null;
        }
    }

    private Acquired Ask(EntryRead read, SessionId[]? sessions) => owners.IsAstray(read.ScopedKey)
        ? Acquired.Moved
        : store.Ask(read.ScopedKey, new(read.MayGenerate, read.FreshOnly, TimeSpan.Zero, sessions, read.RequestId));
}
