using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>
/// Invariant C3: what comes between the steps of an answer, at whichever of them, is either seen by the check, so that the answer is not kept near, or its client is
/// told of it.
/// </summary>
public sealed class InterestTests
{
    private const string Key = "interest";

    [Theory]
    [InlineData("batch")]
    [InlineData("grain")]
    [InlineData("commit")]
    public Task UpdateTag_WhileAnAnswerIsMade_KeepsItFromBeingKeptOrTellsItsClient(string way) =>
        AtEveryReading(way, silo => silo.Update("t"));

    /// <summary>Whoever holds no value holds no record: an update has another one then, which the check does not see.</summary>
    [Theory]
    [InlineData("batch")]
    [InlineData("grain")]
    public Task Removal_AndUpdateTag_WhileAnAnswerIsMade_KeepItFromBeingKeptOrTellItsClient(string way) => AtEveryReading(way, silo =>
    {
        Assert.True(silo.Store.Drop(silo.Table.Find(EntrySilo.Scope(Key))!, silo.Stored(Key)!));
        silo.Silo.Ledger.Forget(silo.Silo.Ledger.Stamp());
        silo.Update("t");
    });

    /// <summary>The other half: an expiry has set the records when it collects whom to tell.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answer_WhileATagIsUpdated_IsNotKeptOrItsClientIsTold(bool isUpdatedHere)
    {
        for (var reading = 0; ; reading++)
        {
            using var silo = await EntrySilo.Serve();
            var sessions = silo.OpenSession();
            await silo.Generate(Key, EntrySilo.Data("t"));
            NearTerms? near = null;

            // What is fresh is given at once.
            silo.Time.At(reading, () => near = InABatch(silo, sessions));
            if (isUpdatedHere)
            {
                _ = silo.Update("t");
            }
            else
            {
                var id = new UpdateId(Guid.NewGuid(), 1);
                silo.Silo.Invalidator.Receive(InvalidatorHost.Silo(2), new(id.Coordinator, [new(id, [InvalidatorHost.Tag("t")], StaleFor: null)], [], 1));
            }

            if (silo.Time.IsPending)
            {
                Assert.InRange(reading, 2, 10);
                return;
            }

            Assert.True(near?.MayKeep != true || silo.Silo.Sessions.Counts.Pushes > 0, $"Kept at reading {reading} of an update, and nobody told.");
        }
    }

    private static async Task AtEveryReading(string way, Action<EntrySilo> change)
    {
        for (var reading = 0; ; reading++)
        {
            using var silo = await EntrySilo.Serve();
            var sessions = silo.OpenSession();
            var token = await Prepare(silo, way);

            silo.Time.At(reading, () => change(silo));
            var near = await Answer(silo, way, token, sessions);

            if (silo.Time.IsPending)
            {
                // There are no more steps to come between; undisturbed it is kept.
                Assert.True(near!.MayKeep);
                Assert.InRange(reading, 2, 10);
                return;
            }

            Assert.True(near?.MayKeep != true || silo.Silo.Sessions.Counts.Pushes > 0, $"Kept, and nobody told, after a change at reading {reading}.");
        }
    }

    private static async Task<TokenId> Prepare(EntrySilo silo, string way)
    {
        if (way == "commit")
        {
            return (await silo.Entry(Key).Acquire(new(MayGenerate: true, FreshOnly: false, Wait: TimeSpan.Zero))).Token;
        }

        await silo.Generate(Key, EntrySilo.Data("t"));
        return TokenId.None;
    }

    private static async Task<NearTerms?> Answer(EntrySilo silo, string way, TokenId token, SessionId[] sessions) => way switch
    {
        "batch" => InABatch(silo, sessions),
        "grain" => (await silo.Entry(Key).Acquire(new(MayGenerate: false, FreshOnly: false, Wait: TimeSpan.Zero, sessions))).Near,
        _ => (await silo.Entry(Key).Commit(token, EntrySilo.Data("t"), sessions)).Near,
    };

    private static NearTerms? InABatch(EntrySilo silo, SessionId[] sessions) =>
        silo.Batches.AcquireFresh([new(EntrySilo.Scope(Key), MayGenerate: false, FreshOnly: false, Guid.Empty)], sessions)[0]?.Near;
}
