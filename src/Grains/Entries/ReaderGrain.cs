using Orleans.Concurrency;
using OrleansTagCache.Contracts;
using OrleansTagCache.Sessions;

namespace OrleansTagCache.Entries;

/// <summary>The door of one silo's entries for readers of many. It holds nothing: an activation elsewhere would find nothing.</summary>
/// <remarks>Reentrant; everything behind it is thread-safe.</remarks>
[Reentrant, OnNamedSilo, ThroughAnyGateway]
internal sealed class ReaderGrain(EntryHost host) : Grain, IReaderGrain
{
    /// <summary>An answer is one message: the values beyond this are asked of their own grains.</summary>
    private const int MaximumBytes = 1 << 20;

    public ValueTask<ReadAnswers> Read(ReadQuestions questions)
    {
        var entries = new EntrySnapshot?[questions.ScopedKeys.Length];
        var near = questions.Sessions is null ? null : new NearTerms?[entries.Length];
        var bytes = 0;
        for (var i = 0; i < entries.Length && bytes <= MaximumBytes; i++)
        {
            if (Find(questions.ScopedKeys[i]) is not var (entry, value))
            {
                continue;
            }

            // Another thread than the entry's: so interest first, the check second, and last whether it is still the entry's (invariant C3).
            var session = questions.Sessions is { } named ? host.Sessions.Register(named, value.Records) : null;
            var now = host.Now;
            if (!host.Lease.IsValid(now) || !value.IsFreshAt(host.Ledger, now))
            {
                continue;
            }

            entry.Used(now);
            host.Metrics.OnRead(AcquireStatus.Fresh);
            entries[i] = value.SnapshotAt(now);
            bytes += value.Payload.Bytes.Length;
            if (near is not null)
            {
                near[i] = host.Sessions.Terms(questions.Sessions!, session, isLive: ReferenceEquals(entry.Value, value));
            }
        }

        return new(new ReadAnswers(entries, near));
    }

    private (LocalEntry Entry, StoredValue Value)? Find(string scopedKey) =>
        host.Table.Find(scopedKey) is { Value: { } value } entry ? (entry, value) : null;
}
