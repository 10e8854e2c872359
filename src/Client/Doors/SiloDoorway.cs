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

    /// <summary>How long the silo is not asked this way after it did not answer.</summary>
    private static readonly TimeSpan Avoidance = TimeSpan.FromSeconds(1);

    private readonly Lane<EntryQuestion, Acquired> _named;
    private readonly Lane<EntryQuestion, Acquired> _unnamed;
    private readonly Lane<EntryOffer, CommitOutcome> _offers;
    private readonly IDoorService _door;
    private readonly TimeProvider _time;
    private long _avoidedUntil = Moment.Past.Ticks;

    public SiloDoorway(IDoorService door, TimeProvider time)
    {
        (_door, _time) = (door, time);
        _named = new(Acquire);
        _unnamed = new(Acquire);
        _offers = new((offers, sessions) => Answered(door.Commit(offers, sessions).AsTask()));

        Task<Acquired?[]> Acquire(EntryQuestion[] questions, SessionId[]? sessions) =>
            Answered(door.Acquire(questions, sessions).AsTask().WaitAsync(Patience, time));
    }

    /// <summary>The longest that a question takes: few messages can be before it, and each ends soon.</summary>
    public static TimeSpan LongestAnswer => 2 * Patience;

    /// <summary>Until when it is not used.</summary>
    public Moment AvoidedUntil => new(Volatile.Read(ref _avoidedUntil));

    /// <summary>Asks an entry; null if there is no answer this way. Readers that keep nothing near do not share with those that do.</summary>
    public Task<Acquired?> Acquire(EntryQuestion question, SessionId[]? sessions) => (sessions is null ? _unnamed : _named).Ask(question, sessions);

    /// <summary>Offers a value to an entry; null if there is no answer this way.</summary>
    public Task<CommitOutcome?> Commit(EntryOffer offer, SessionId[]? sessions) => _offers.Ask(offer, sessions, offer.Data.Payload.Bytes.Length);

    /// <summary>Updates or revalidates through a tag; null if there is no answer this way.</summary>
    public Task<ChangeOutcome?> Change(string tag, ChangeRequest request, Guid asker) => Answered(_door.Change(tag, request, asker).AsTask());

    private async Task<T> Answered<T>(Task<T> answer)
    {
        try
        {
            return await answer.ConfigureAwait(false);
        }
        catch (Exception)
        {
            Volatile.Write(ref _avoidedUntil, (_time.Now() + Avoidance).Ticks);
            throw;
        }
    }
}
