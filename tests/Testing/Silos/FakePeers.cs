using System.Collections.Concurrent;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;

namespace OrleansTagCache.Testing;

/// <summary>The other silos, as a test scripts them: what was delivered to each, and how each answers.</summary>
internal sealed class FakePeers : IPeers
{
    private readonly ConcurrentDictionary<SiloAddress, FakePeer> _peers = new();

    public FakePeer this[SiloAddress silo] => _peers.GetOrAdd(silo, _ => new());

    public IPeerService On(SiloAddress silo) => this[silo];
}

/// <summary>One silo: it acknowledges everything unless told otherwise.</summary>
internal sealed class FakePeer : IPeerService
{
    private readonly System.Threading.Channels.Channel<UpdateBatch> _delivered = System.Threading.Channels.Channel.CreateUnbounded<UpdateBatch>();

    private readonly System.Threading.Channels.Channel<UpdateId[]> _confirmed = System.Threading.Channels.Channel.CreateUnbounded<UpdateId[]>();

    /// <summary>How it answers a batch.</summary>
    public Func<UpdateBatch, Task<UpdateReceipt>> Answer { get; set; } = AcknowledgeAll;

    /// <summary>How it answers a Hello.</summary>
    public Func<Task<bool>> AnswerHello { get; set; } = () => Task.FromResult(true);

    /// <summary>What happens when it is told Goodbye.</summary>
    public Action OnGoodbye { get; set; } = () => { };

    public static Task<UpdateReceipt> AcknowledgeAll(UpdateBatch batch) => Task.FromResult(new UpdateReceipt([.. batch.Updates.Select(change => change.Id)]));

    /// <summary>The next batch that was delivered, whatever was answered.</summary>
    public async Task<UpdateBatch> Next() => await _delivered.Reader.ReadAsync().AsTask().Soon();

    /// <summary>The next batch with a change in it.</summary>
    public async Task<UpdateBatch> NextWithUpdates() => await NextThat(batch => batch.Updates.Length > 0);

    /// <summary>The next batch that settles something.</summary>
    public async Task<UpdateBatch> NextThatSettles() => await NextThat(batch => batch.Settled.Length > 0);

    public async ValueTask<UpdateReceipt> Deliver(SiloAddress coordinator, UpdateBatch batch)
    {
        await _delivered.Writer.WriteAsync(batch);
        return await Answer(batch);
    }

    public ValueTask Confirm(SiloAddress member, UpdateId[] updates) => _confirmed.Writer.WriteAsync(updates);

    /// <summary>The next updates that were confirmed to it.</summary>
    public async Task<UpdateId[]> NextConfirmed() => await _confirmed.Reader.ReadAsync().AsTask().Soon();

    public ValueTask<bool> Hello(SiloAddress silo) => new(AnswerHello());

    public ValueTask Goodbye(SiloAddress silo)
    {
        OnGoodbye();
        return default;
    }

    public ValueTask<TagId[]> LoadedTags(TagId[] tags) => new(tags);

    public ValueTask<StaleKeys> StaleLoaded(TagId tag) => throw new NotSupportedException();

    public ValueTask Refresh(TagId tag) => throw new NotSupportedException();

    public ValueTask<TagOnSilo> DescribeTag(TagId tag) => throw new NotSupportedException();

    public ValueTask<string[]> Dependents(TagId tag, int limit, string? after) => throw new NotSupportedException();

    public ValueTask<SiloReport> Report() => throw new NotSupportedException();

    private async Task<UpdateBatch> NextThat(Func<UpdateBatch, bool> isWanted)
    {
        while (true)
        {
            var batch = await Next();
            if (isWanted(batch))
            {
                return batch;
            }
        }
    }
}
