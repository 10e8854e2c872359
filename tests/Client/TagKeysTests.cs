using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Lists of keys against a cluster that does not answer as it should.</summary>
public sealed class TagKeysTests : IDisposable
{
    private static readonly TagId Tag = TagId.OfTag(CacheNamespace.Default, "t");

    private readonly FakeTimeProvider _time = new();
    private readonly Reachability _reachability;
    private readonly ScriptedPages _pages = new();

    public TagKeysTests() => _reachability = new(_time, NullLogger<Reachability>.Instance);

    [Fact]
    public async Task Silo_ThatAnswersTheSecondTime_IsNoError()
    {
        _pages.Script.Enqueue(new(["a"], More: false, ["S1"]));
        _pages.Script.Enqueue(new(["a", "b"], More: false, []));

        Assert.Equal(["a", "b"], await List());
    }

    [Fact]
    public async Task Silo_ThatDoesNotTellWhoIsMissing_IsNotBelieved()
    {
        _pages.Script.Enqueue(new(["a"], More: false));

        Assert.Contains("version", (await Assert.ThrowsAsync<TagCacheUnavailableException>(List)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_BeforeTheOneThatFails_Stand()
    {
        _pages.Script.Enqueue(new(["a", "b"], More: true, []));
        _pages.Script.Enqueue(new([], More: false, ["S1", "S2"]));
        _pages.Script.Enqueue(new([], More: false, ["S1", "S2"]));
        var seen = new List<string>();

        var failed = await Assert.ThrowsAsync<TagCacheUnavailableException>(async () =>
        {
            await foreach (var key in Keys().Of(Tag, 2, default))
            {
                seen.Add(key);
            }
        });

        Assert.Equal(["a", "b"], seen);
        Assert.Equal([null, "b", "b"], _pages.Asked);
        Assert.Contains("S1, S2", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cluster_ThatIsSilent_IsGivenUpInItsTime()
    {
        var listing = List();
        Assert.Single(_pages.Asked);
        _time.Advance(TimeSpan.FromSeconds(4));
        await _pages.IsAsked.Until(() => _pages.Asked.Count == 2);
        _time.Advance(TimeSpan.FromSeconds(4));

        Assert.IsType<TimeoutException>((await Assert.ThrowsAsync<TagCacheUnavailableException>(() => listing)).InnerException);
    }

    [Fact]
    public async Task Caller_WhoCancels_IsNotToldThatTheClusterIsAway()
    {
        using var stop = new CancellationTokenSource();
        var listing = Keys().Of(Tag, 2, stop.Token).ToArrayAsync(stop.Token).AsTask();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listing);
    }

    [Fact]
    public async Task Process_ThatHasStopped_AsksNobody()
    {
        _reachability.Close();

        await Assert.ThrowsAsync<TagCacheUnavailableException>(List);
        Assert.Empty(_pages.Asked);
    }

    public void Dispose() => _reachability.Dispose();

    private TagKeys Keys() => new(FakeEntries.Factory(_pages), _reachability, _time);

    private Task<string[]> List() => Keys().Of(Tag, 2, default).ToArrayAsync().AsTask();

    /// <summary>Answers pages in turn; when there are no more, not at all.</summary>
    private sealed class ScriptedPages : ITagGrain
    {
        public Queue<DependentsPage> Script { get; } = [];

        public List<string?> Asked { get; } = [];

        public Signal IsAsked { get; } = new();

        public ValueTask<DependentsPage> Dependents(int limit, string? after)
        {
            Asked.Add(after);
            IsAsked.Set();
            return Script.TryDequeue(out var page) ? new(page) : new(new TaskCompletionSource<DependentsPage>().Task);
        }

        public ValueTask<UpdateOutcome> Update(UpdateRequest request, Guid requestId) => throw new NotSupportedException();

        public ValueTask<UpdateOutcome> UpdateAll(UpdateRequest request, Guid requestId) => throw new NotSupportedException();

        public ValueTask<HoldOutcome> Hold(HoldRequest request) => throw new NotSupportedException();

        public ValueTask<bool> Release(HoldRelease hold) => throw new NotSupportedException();

        public ValueTask<TagDescription> Describe() => throw new NotSupportedException();
    }
}
