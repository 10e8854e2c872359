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

    private readonly IDoorService _door;
    private readonly DoorHealth _health;
    private readonly Lane<EntryQuestion, Acquired> _named;
    private readonly Lane<EntryQuestion, Acquired> _unnamed;
    private readonly Lane<EntryOffer, CommitOutcome> _offers;

    public SiloDoorway(IDoorService door, TimeProvider time)
    {
        (_door, _health) = (door, new(time));
        _named = new(Acquire, Patience, time, _health);
        _unnamed = new(Acquire, Patience, time, _health);
        _offers = new((offers, sessions) => door.Commit(offers, sessions).AsTask(), CommitPatience, time, _health);

        Task<Acquired?[]> Acquire(EntryQuestion[] questions, SessionId[]? sessions) => door.Acquire(questions, sessions).AsTask();
    }

    /// <summary>The longest that a question takes: those under way, those that wait, and its own message.</summary>
    public static TimeSpan LongestAnswer => 3 * Patience;

    /// <summary>Whether it is to be used just now.</summary>
    public bool IsOpen(Moment now) => _health.MayTry(now);

    /// <summary>Asks an entry. Readers that keep nothing near do not share with those that do.</summary>
    public Lane<EntryQuestion, Acquired>.Call Acquire(EntryQuestion question, SessionId[]? sessions) => (sessions is null ? _unnamed : _named).Ask(question, sessions);

    /// <summary>Offers a value to an entry; null if there is no answer this way.</summary>
    public Task<CommitOutcome?> Commit(EntryOffer offer, SessionId[]? sessions) => _offers.Ask(offer, sessions, offer.Data.Payload.Bytes.Length).Answer;

    /// <summary>Updates or revalidates through a tag; null if there is no answer this way.</summary>
    public async Task<ChangeOutcome?> Change(string tag, ChangeRequest request, Guid asker)
    {
        try
        {
            var outcome = await _door.Change(tag, request, asker).ConfigureAwait(false);
            _health.Heard(fault: null);
            return outcome;
        }
        catch (Exception exception)
        {
            _health.Heard(exception);
            throw;
        }
    }
}
