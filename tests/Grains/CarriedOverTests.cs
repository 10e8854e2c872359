using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Entries;
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
        using var silo = await EntrySilo.Serve();
        var entry = silo.Entry(Key);
        var token = await entry.BeginSet();

        // The value is stored before the key is expired.
        var isStored = false;
        using (CacheEvents.Listener.Subscribe(new Stored(silo.Table, () =>
        {
            isStored = silo.Stored(Key) is not null;
            if (isExpired)
            {
                silo.Silo.Ledger.Expire(new UpdateId(Guid.NewGuid(), 1), [TagId.OfKey(EntrySilo.Scope(Key))]);
            }
        })))
        {
            Assert.Equal(CommitStatus.Stored, (await entry.Set(token, EntrySilo.Data(), age: TimeSpan.Zero)).Commit.Status);
        }

        Assert.True(isStored);

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

    /// <summary>Does something when that table has stored a value.</summary>
    private sealed class Stored(EntryTable table, Action action) : IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Value is CacheEventData { Event: CacheEvent.EntryStored } data && ReferenceEquals(data.Source, table))
            {
                action();
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
