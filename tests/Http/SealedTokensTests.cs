using System.Reflection;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Tokens;
using OrleansTagCache.Tokens;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>The secrets of tokens change: what was given shortly before still holds, what is much older does not, and strangers make nobody ask.</summary>
public sealed class SealedTokensTests
{
    private const string Key = "4:shopkey";

    private static readonly TokenId Id = new(new Guid("6f0d1a52-0001-4b1c-9f00-000000000001"));

    private readonly FakeTimeProvider _time = new();
    private readonly FakeCluster _cluster = new();
    private readonly CountedKeys _keys;
    private readonly SealedTokens _one;
    private readonly SealedTokens _other;

    public SealedTokensTests()
    {
        _keys = new(new TokenSecretsGrain(_time));
        (_one, _other) = (Tokens(), Tokens());
    }

    [Fact]
    public async Task Token_OfOneSilo_IsVerifiedByAnother() => Assert.Equal(Id, await _other.Verify(Key, await _one.Protect(Key, Id)));

    [Fact]
    public async Task Token_OfTheLastSecret_StillHolds_AndOneBeforeItDoesNot()
    {
        var token = await _one.Protect(Key, Id);
        _time.Advance(TokenSecretsGrain.Rotation);
        Assert.Equal(Id, await _other.Verify(Key, token));
        Assert.NotEqual(token, await _one.Protect(Key, Id));

        _time.Advance(TokenSecretsGrain.Rotation);
        Assert.True((await _other.Verify(Key, token)).IsNone);
    }

    [Fact]
    public async Task Token_OfASecretThatIsNewerThanWhatASiloKnows_IsVerified()
    {
        await _other.Protect(Key, Id);
        _time.Advance(TokenSecretsGrain.Rotation - TimeSpan.FromSeconds(1));
        await _other.Protect(Key, Id);
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(Id, await _other.Verify(Key, await _one.Protect(Key, Id)));
    }

    [Fact]
    public async Task Token_UnderASecretThatNobodyHas_AsksOnceASecond()
    {
        var forged = SignedToken.Seal(new(42, RandomNumberGenerator.GetBytes(32)), SignedToken.SiloOf("S"), Key, Id);
        await _one.Protect(Key, Id);
        for (var i = 0; i < 1_000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(5));
            Assert.True((await _one.Verify(Key, forged)).IsNone);
        }

        Assert.InRange(_keys.Asked, 2, 6);
    }

    /// <summary>The secrets went with their silo. What is given from then on holds everywhere; what was given before holds where it is known.</summary>
    [Fact]
    public async Task Token_GivenAfterTheSiloOfTheSecretsHasGone_IsVerifiedByAnother()
    {
        var before = await _one.Protect(Key, Id);
        TheirSiloGoes();

        var after = await _one.Protect(Key, Id);
        Assert.Equal(Id, await _other.Verify(Key, after));
        Assert.Equal(Id, await _one.Verify(Key, before));
        Assert.True((await _other.Verify(Key, before)).IsNone);

        _time.Advance(TimeSpan.FromMinutes(20));
        Assert.True((await _one.Verify(Key, before)).IsNone);
    }

    [Fact]
    public async Task Token_WhileTheSecretsCannotBeAskedFor_IsGivenUnderThoseThatAreKnown_AndAskedForOnceASecond()
    {
        var before = await _one.Protect(Key, Id);
        TheirSiloGoes();
        _keys.Fault = new TimeoutException();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(before, await _one.Protect(Key, Id));
        }

        Assert.Equal(2, _keys.Asked);
        _keys.Fault = null;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.NotEqual(before, await _one.Protect(Key, Id));
        Assert.Equal(3, _keys.Asked);
    }

    [Fact]
    public async Task Tokens_AtOnce_AskTogether()
    {
        _keys.Answers = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var tokens = Enumerable.Range(0, 100).Select(_ => _one.Protect(Key, Id).AsTask()).ToArray();
        _keys.Answers.SetResult();
        await Task.WhenAll(tokens);
        Assert.Equal(1, _keys.Asked);
    }

    private void TheirSiloGoes()
    {
        _keys.Grain = new TokenSecretsGrain(_time);
        _cluster.Is((FakeCluster.Self, SiloStatus.Active, true));
    }

    private SealedTokens Tokens() => new(Factory.Of(_keys), _cluster, InvalidatorHost.Details, _time);

    private sealed class CountedKeys(ITokenSecretsGrain keys) : ITokenSecretsGrain
    {
        public ITokenSecretsGrain Grain { get; set; } = keys;

        public Exception? Fault { get; set; }

        public int Asked { get; private set; }

        public TaskCompletionSource? Answers { get; set; }

        public async ValueTask<TokenSecret[]> GetSecrets()
        {
            Asked++;
            await (Answers?.Task ?? Task.CompletedTask);
            return Fault is null ? await Grain.GetSecrets() : throw Fault;
        }
    }

    /// <summary>A factory that knows one grain.</summary>
    public class Factory : DispatchProxy
    {
        private object? _grain;

        public static IGrainFactory Of(object grain)
        {
            var factory = Create<IGrainFactory, Factory>();
            ((Factory)(object)factory)._grain = grain;
            return factory;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _grain;
    }
}
