using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Grains;

/// <summary>Invariant K1: a set carries its value over the expiry of the key that it begins, and over no other.</summary>
public sealed class CarriedOverTests
{
    private const string Key = "carried";

    private static readonly AcquireRequest Look = new(MayGenerate: false, FreshOnly: false, Wait: TimeSpan.Zero);

    /// <summary>A set or a removal at another activation of the key has returned by then.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Set_WhoseKeyAnotherSiloExpiresRightAfterItsValueWasStored_LeavesNoneOfIt(bool isExpired)
    {
        using var silo = await EntrySilo.Serve(maximumEntries: 1);
        await silo.Store("evicted", EntrySilo.Data());
        var entry = silo.Entry(Key);
        var token = await entry.BeginSet();

        // Room is made when the value is stored, before the key is expired.
        silo.Table.Emptied += _ =>
        {
            Assert.NotNull(silo.Stored(Key));
            if (isExpired)
            {
                silo.Silo.Ledger.Expire(new UpdateId(Guid.NewGuid(), 1), [TagId.OfKey(EntrySilo.Scope(Key))]);
            }
        };
        Assert.Equal(CommitStatus.Stored, (await entry.Set(token, EntrySilo.Data(), age: TimeSpan.Zero)).Commit.Status);

        Assert.Equal(isExpired ? AcquireStatus.Miss : AcquireStatus.Fresh, (await entry.Acquire(Look)).Status);
    }

    [Fact]
    public async Task Set_WhenTheNextOneHasReturned_IsNotCarriedOverThat()
    {
        using var silo = await EntrySilo.Serve();
        var entry = silo.Entry(Key);
        Assert.Equal(CommitStatus.Stored, (await entry.Set(await entry.BeginSet(), EntrySilo.Data(), age: TimeSpan.Zero)).Commit.Status);
        Assert.Equal(AcquireStatus.Fresh, (await entry.Acquire(Look)).Status);

        silo.Silo.Ledger.Expire(new UpdateId(Guid.NewGuid(), 1), [TagId.OfKey(EntrySilo.Scope(Key))]);

        Assert.Equal(AcquireStatus.Miss, (await entry.Acquire(Look)).Status);
    }
}
