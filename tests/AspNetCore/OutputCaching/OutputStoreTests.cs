using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using Xunit;

namespace OrleansTagCache.Tests.AspNetCore;

/// <summary>What output caching offers to an entry and gives back: over the entries of one silo, on a clock that the test owns.</summary>
public sealed class OutputStoreTests
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<SetOutcome> _set = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<EntryData> _offered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A response that was not looked up has no token: it is as old as its request.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Response_ThatWasNotLookedUp_CountsAsMadeWhenItsRequestBegan(bool isUpdatedMeanwhile)
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo);
        await using var node = await Start(silo, services);

        var producing = node.Http.GetStringAsync(new Uri("/unlooked", UriKind.Relative));
        await _begun.Task.Soon();
        silo.Time.Advance(TimeSpan.FromSeconds(1));
        if (isUpdatedMeanwhile)
        {
            Assert.True((await silo.Update("page")).IsComplete);
        }

        silo.Time.Advance(TimeSpan.FromSeconds(1));

        _mayEnd.SetResult();
        Assert.Equal("page", await producing);
        var outcome = await _set.Task.Soon();
        Assert.Equal(isUpdatedMeanwhile ? CommitStatus.Superseded : CommitStatus.Stored, outcome.Commit.Status);
    }

    /// <summary>Whoever asks next would wait for it until its lease is over.</summary>
    [Fact]
    public async Task Grant_OfAResponseThatIsNotStored_IsGivenBack()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo);
        await using var node = await Start(silo, services);

        Assert.Equal("mine", await node.Http.GetStringAsync(new Uri("/cookie", UriKind.Relative)));

        Assert.True(await _abandoned.Task.Soon());
    }

    /// <summary>As soon as it is known: whoever waits for it need not wait for its end.</summary>
    [Fact]
    public async Task Grant_OfAResponseThatStartsAndIsNotForStoring_IsGivenBackBeforeItEnds()
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo);
        await using var node = await Start(silo, services);

        using var started = await node.Http.GetAsync(new Uri("/started", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead).Soon();
        await _abandoned.Task.Within(TimeSpan.FromSeconds(30), "the grant");
        _mayEnd.SetResult();

        Assert.True(await _abandoned.Task);
        Assert.Equal("mine", await started.Content.ReadAsStringAsync());
    }

    /// <summary>Whichever way it is stored.</summary>
    [Theory]
    [InlineData("/unlooked")]
    [InlineData("/looked")]
    public async Task Response_OfAnApplicationThatEncrypts_IsEncryptedInTheSilo_AndServed(string path)
    {
        using var silo = await EntrySilo.Serve();
        await using var services = ProcessOver.Start(silo, services => services
            .AddSingleton<IDataProtectionProvider, EphemeralDataProtectionProvider>()
            .AddSingleton(new TagCacheClientOptions { EncryptValues = true, NearCache = NearCacheMode.Off }));
        await using var node = await Start(silo, services);
        _mayEnd.SetResult();

        Assert.Equal("page", await node.Http.GetStringAsync(new Uri(path, UriKind.Relative)));

        Assert.Equal(PayloadCoding.Protected, (await _offered.Task.Soon()).Payload.Coding);
        if (path == "/looked")
        {
            using var again = await node.Http.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal("page", await again.Content.ReadAsStringAsync());
            Assert.NotNull(again.Headers.Age);
        }
    }

    private Task<AppNode> Start(EntrySilo silo, IServiceProvider process)
    {
        silo.Around = entry => new Watched(entry, this);
        return AppNode.Start(
            process,
            services => services.AddTagCacheOutputCache(),
            app =>
            {
                app.UseOutputCache();
                app.MapGet("/unlooked", async () =>
                {
                    _begun.SetResult();
                    await _mayEnd.Task.Soon();
                    return "page";
                }).CacheOutput(policy => policy.Tag("page").AddPolicy<NoLookUp>());
                app.MapGet("/started", async (HttpContext http) =>
                {
                    http.Response.Headers.SetCookie = "session=mine";
                    await http.Response.StartAsync();
                    await _mayEnd.Task;
                    await http.Response.WriteAsync("mine");
                }).CacheOutput();
                app.MapGet("/looked", () => "page").CacheOutput();
                app.MapGet("/cookie", (HttpContext http) =>
                {
                    http.Response.Headers.SetCookie = "session=mine";
                    return "mine";
                }).CacheOutput();
            });
    }

    private sealed class NoLookUp : IOutputCachePolicy
    {
        public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
        {
            context.AllowCacheLookup = false;
            return default;
        }

        public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => default;

        public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation) => default;
    }

    private sealed class Watched(IEntryGrain entry, OutputStoreTests test) : EntryAround(entry)
    {
        public override async ValueTask<SetOutcome> Set(TokenId token, EntryData data, TimeSpan age, string? trace = null, SetSince? since = null)
        {
            var outcome = await base.Set(token, data, age, trace, since);
            test._offered.TrySetResult(data);
            test._set.TrySetResult(outcome);
            return outcome;
        }

        public override async ValueTask<CommitOutcome> Commit(TokenId token, EntryData data, SessionId[]? sessions = null)
        {
            var outcome = await base.Commit(token, data, sessions);
            test._offered.TrySetResult(data);
            return outcome;
        }

        public override async ValueTask<bool> Abandon(TokenId token, bool isForStoring = true)
        {
            var isTaken = await base.Abandon(token, isForStoring);
            test._abandoned.TrySetResult(isTaken);
            return isTaken;
        }
    }
}
