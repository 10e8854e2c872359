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

    private int _takes;
    private int _copies;

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

    /// <summary>The next batch that releases something.</summary>
    public async Task<UpdateBatch> NextThatReleases() => await NextThat(batch => batch.Released is not null);

    public async ValueTask<UpdateReceipt> Deliver(SiloAddress coordinator, UpdateBatch batch)
    {
        await _delivered.Writer.WriteAsync(batch);
        return await Answer(batch);
    }

    public ValueTask Confirm(SiloAddress member, UpdateId[] updates, bool isSessionBroken = false) => _confirmed.Writer.WriteAsync(updates);

    /// <summary>The next updates that were confirmed to it.</summary>
    public async Task<UpdateId[]> NextConfirmed() => await _confirmed.Reader.ReadAsync().AsTask().Soon();

    public async ValueTask<Standing?> Hello(SiloAddress silo, ProtocolVersions? versions = null)
    {
        GreetedWith.Enqueue(versions);
        return await AnswerHello() ? Standing : null;
    }

    /// <summary>What it says that it holds, when it is greeted again.</summary>
    public Func<HoldLeft[]> Holds { get; set; } = () => [];

    public async ValueTask<HelloAgainAnswer?> HelloAgain(SiloAddress silo, ProtocolVersions versions) => await AnswerHello() ? new HelloAgainAnswer(Standing, Holds()) : null;

    /// <summary>What it says that it speaks.</summary>
    public ProtocolVersions? Versions { get; set; } = ProtocolVersions.OfThisBuild;

    /// <summary>Whether it says that it serves.</summary>
    public bool IsServing { get; set; } = true;

    /// <summary>What silos that greeted it have said that they speak.</summary>
    public ConcurrentQueue<ProtocolVersions?> GreetedWith { get; } = [];

    /// <summary>How far it says that it is.</summary>
    public Standing Standing { get; set; } = Standing.Serving;

    /// <summary>What other silos have said of themselves.</summary>
    public ConcurrentQueue<(SiloAddress Silo, Standing Standing)> Announced { get; } = [];

    /// <summary>The silo that its copies go to and come from; one that has nothing and does not serve if null.</summary>
    public EntrySilo? Entries { get; set; }

    /// <summary>Those that have sent all that they had.</summary>
    public ConcurrentQueue<SiloAddress> AllSentBy { get; } = [];

    public ValueTask Announce(SiloAddress silo, Standing standing)
    {
        Announced.Enqueue((silo, standing));
        return default;
    }

    public ValueTask<TicketId> Ticket() => new(Entries?.Tickets.Issue() ?? TicketId.None);

    /// <summary>How many batches of copies have come.</summary>
    public int Takes => Volatile.Read(ref _takes);

    /// <summary>How many copies were asked for.</summary>
    public int Copies => Volatile.Read(ref _copies);

    /// <summary>What comes before it answers with a copy.</summary>
    public Func<Task> BeforeCopy { get; set; } = () => Task.CompletedTask;

    public ValueTask<CopyReceipt> Take(TicketId ticket, EntryCopy[] copies)
    {
        var receipt = Entries!.Tickets.Take(ticket, copies);
        Interlocked.Increment(ref _takes);
        return new(receipt);
    }

    public ValueTask HasSent(SiloAddress silo)
    {
        AllSentBy.Enqueue(silo);
        return default;
    }

    public async ValueTask<EntryCopy?> Copy(string scopedKey)
    {
        Interlocked.Increment(ref _copies);
        await BeforeCopy();
        return Entries?.Store.CopyOf(scopedKey);
    }

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

    public ValueTask<TagCount[]> Tags(CacheNamespace ns, string prefix, int limit, string? after) => throw new NotSupportedException();

    /// <summary>What comes before it says how it is.</summary>
    public Func<Task> BeforeReport { get; set; } = () => Task.CompletedTask;

    public ValueTask<TrafficReport> Traffic() => throw new NotSupportedException();

    public ValueTask<EvictedOnSilo> Evicted(long? position) => throw new NotSupportedException();

    public ValueTask<UpdatesOnSilo> SlowUpdates() => throw new NotSupportedException();

    public ValueTask<HotKeysOnSilo> HotKeys(CacheNamespace ns, int limit) => throw new NotSupportedException();

    public ValueTask<KeyReport[]> LargeKeys(CacheNamespace ns, int limit) => throw new NotSupportedException();

    public ValueTask<KeyReport[]> DescribeKeys(CacheNamespace ns, string[] keys) => throw new NotSupportedException();

    public ValueTask<WarmUpKnowledge> WarmUp(string scopedName, WarmUpMark? mark) => throw new NotSupportedException();

    public ValueTask<WarmUpsOnSilo> WarmUps(CacheNamespace ns, int limit) => throw new NotSupportedException();

    public async ValueTask<SiloReport> Report()
    {
        await BeforeReport();
        return new()
        {
            Silo = "peer",
            IsServing = IsServing,
            Lease = default,
            Entries = 0,
            Bytes = 0,
            Hits = 0,
            StaleHits = 0,
            Misses = 0,
            Evictions = 0,
            TagRecords = 0,
            OpenUpdates = 0,
            Members = [],
            MaximumBytes = 0,
            Sessions = 0,
            Interest = 0,
            Pushes = 0,
            DelayedBy = [],
            NearEntries = 0,
            BrokenSessions = 0,
            Versions = Versions,
        };
    }

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
