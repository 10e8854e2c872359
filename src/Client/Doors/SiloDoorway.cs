using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Doors;

/// <summary>The way to one silo's door, where questions of this process share messages.</summary>
/// <remarks>Thread-safe. After an answer it goes on in a thread that may have others to serve.</remarks>
internal sealed class SiloDoorway
{
    /// <summary>How long an answer is waited for: a silo that has not answered by then may be gone.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>Longer: a value would be lost.</summary>
    private static readonly TimeSpan CommitPatience = TimeSpan.FromSeconds(2);

    /// <summary>How long the silo is not asked this way after it did not answer; twice as long each time.</summary>
    private static readonly TimeSpan FirstAvoidance = TimeSpan.FromSeconds(1);

    private const int MostDoublings = 6;

    private readonly Lane<EntryQuestion, Acquired> _named;
    private readonly Lane<EntryQuestion, Acquired> _unnamed;
    private readonly Lane<EntryOffer, CommitOutcome> _offers;
    private readonly IDoorService _door;
    private readonly TimeProvider _time;
    private long _avoidedUntil = Moment.Past.Ticks;
    private int _failures;

    public SiloDoorway(IDoorService door, TimeProvider time)
    {
        (_door, _time) = (door, time);
        _named = new(Acquire, Patience, time);
        _unnamed = new(Acquire, Patience, time);
        _offers = new((offers, sessions) => Watched(door.Commit(offers, sessions).AsTask(), CommitPatience), CommitPatience, time);

        Task<Acquired?[]> Acquire(EntryQuestion[] questions, SessionId[]? sessions) => Watched(door.Acquire(questions, sessions).AsTask(), Patience);
    }

    /// <summary>The longest that a question takes: those under way, those that wait, and its own message.</summary>
    public static TimeSpan LongestAnswer => 3 * Patience;

    /// <summary>Whether it is to be used. After a failure it is left alone for a while; then one question tries it.</summary>
    public bool IsOpen(Moment now)
    {
        if (Volatile.Read(ref _failures) == 0)
        {
            return true;
        }

        var until = Volatile.Read(ref _avoidedUntil);
        return now.Ticks >= until && Interlocked.CompareExchange(ref _avoidedUntil, (now + FirstAvoidance).Ticks, until) == until;
    }

    /// <summary>Asks an entry. Readers that keep nothing near do not share with those that do.</summary>
    public Lane<EntryQuestion, Acquired>.Call Acquire(EntryQuestion question, SessionId[]? sessions) => (sessions is null ? _unnamed : _named).Ask(question, sessions);

    /// <summary>Offers a value to an entry; null if there is no answer this way.</summary>
    public Task<CommitOutcome?> Commit(EntryOffer offer, SessionId[]? sessions) => _offers.Ask(offer, sessions, offer.Data.Payload.Bytes.Length).Answer;

    /// <summary>Updates or revalidates through a tag; null if there is no answer this way.</summary>
    public Task<ChangeOutcome?> Change(string tag, ChangeRequest request, Guid asker) => Watched(_door.Change(tag, request, asker).AsTask(), Timeout.InfiniteTimeSpan);

    /// <summary>Notes whether the silo answers. A fault that the silo itself tells of is an answer.</summary>
    private Task<T> Watched<T>(Task<T> answer, TimeSpan patience)
    {
        _ = Watch();
        return answer;

        async Task Watch()
        {
            try
            {
                await answer.WaitAsync(patience, _time).ConfigureAwait(false);
                Volatile.Write(ref _failures, 0);
            }
            catch (Exception exception) when (exception is TimeoutException or OrleansException)
            {
                var failures = Math.Min(Interlocked.Increment(ref _failures), MostDoublings);
                Volatile.Write(ref _avoidedUntil, (_time.Now() + (FirstAvoidance * (1 << (failures - 1)))).Ticks);
            }
            catch (Exception)
            {
                Volatile.Write(ref _failures, 0);
            }
        }
    }
}
