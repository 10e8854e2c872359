using OrleansTagCache.Coherence;
using OrleansTagCache.Http.Tokens;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Tokens are opaque and authenticated: what was not given for a key, or was used, is <c>unknown_token</c> and changes nothing.</summary>
[Collection(SiloCollection.Name)]
public sealed class EntryTokenTests(SiloServer silo)
{
    private readonly HttpClient _http = silo.Http;

    public static TheoryData<string, string> Strange => new()
    {
        { "empty", string.Empty },
        { "garbage", "garbage" },
        { "not base64", "!!!! ????" },
        { "zeros", new string('A', 80) },
        { "one too short", new string('A', 79) },
        { "one too long", new string('A', 81) },
        { "padded", new string('A', 80) + "==" },
        { "long", new string('A', 1_000) },
        { "very long", new string('A', 20_000) },
        { "a name", "00000000-0000-0000-0000-000000000001" },
        { "not ASCII", "tök€n😀" },
    };

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(22)]
    [InlineData(40)]
    [InlineData(63)]
    [InlineData(79)]
    public async Task Put_WithAForgedToken_IsRefused(int changedCharacter)
    {
        var key = $"token:forged:{changedCharacter}";
        var token = await _http.TakeToken(key);
        var forged = token.ToCharArray();
        forged[changedCharacter] = forged[changedCharacter] == 'A' ? 'B' : 'A';

        await IsUnknown(key, new string(forged));

        await StillHolds(key, token);
    }

    [Theory]
    [MemberData(nameof(Strange))]
    public async Task Put_WithAStrangeToken_IsRefused(string name, string text)
    {
        var key = $"token:strange:{name}";
        var token = await _http.TakeToken(key);

        await IsUnknown(key, text);

        await StillHolds(key, token);
    }

    [Fact]
    public async Task Put_WithTheTokenOfAnotherKey_IsRefused()
    {
        var mine = await _http.TakeToken("token:mine");
        var yours = await _http.TakeToken("token:yours");

        await IsUnknown("token:mine", yours);

        await StillHolds("token:mine", mine);
        await StillHolds("token:yours", yours);
    }

    [Fact]
    public async Task Verify_OfATokenOfAnotherKeyOrNamespace_FindsNothing()
    {
        var tokens = silo.Get<SealedTokens>();
        var id = new TokenId(Guid.NewGuid());
        var text = await tokens.Protect("7:defaulttoken:a", id);

        Assert.Equal(id, await tokens.Verify("7:defaulttoken:a", text));
        Assert.Equal(TokenId.None, await tokens.Verify("7:defaulttoken:b", text));
        Assert.Equal(TokenId.None, await tokens.Verify("5:othertoken:a", text));
    }

    [Fact]
    public async Task Put_WithTwoTokens_IsRefused()
    {
        var token = await _http.TakeToken("token:two");

        await IsUnknown("token:two", $"{token}, {token}");

        await StillHolds("token:two", token);
    }

    [Fact]
    public async Task Put_WithAUsedToken_IsRefusedAndLeavesTheValue()
    {
        var token = await _http.TakeToken("token:used");
        (await _http.Put("token:used", "first", token: token)).IsDone();

        await IsUnknown("token:used", token);

        (await _http.Read("token:used")).IsHit("first");
    }

    [Fact]
    public async Task Put_WithOneTokenManyTimesAtOnce_StoresExactlyOne()
    {
        var token = await _http.TakeToken("token:race");

        var replies = await Task.WhenAll(Enumerable.Range(0, 16)
            .Select(async i => (Value: $"{i}", Reply: await _http.Put("token:race", $"{i}", token: token))));

        var stored = Assert.Single(replies, put => put.Reply.Status == 204);
        Assert.All(replies.Where(put => put.Reply.Status != 204), put => put.Reply.IsProblem(409, "unknown_token"));
        (await _http.Read("token:race")).IsHit(stored.Value);
    }

    [Fact]
    public async Task Put_WithAnAbandonedToken_IsRefused()
    {
        var token = await _http.TakeToken("token:abandoned");
        (await _http.Abandon("token:abandoned", token)).IsDone();

        await IsUnknown("token:abandoned", token);
    }

    [Fact]
    public async Task Abandon_WithoutAToken_IsRefused()
    {
        var token = await _http.TakeToken("token:none");

        (await _http.Abandon("token:none", token: null)).IsProblem(409, "unknown_token");

        await StillHolds("token:none", token);
    }

    private async Task IsUnknown(string key, string token)
    {
        var put = await _http.Put(key, "forged", token: token);
        put.IsProblem(409, "unknown_token");
        Assert.Equal("no-store", put.Header("Cache-Control"));
        (await _http.Abandon(key, token)).IsProblem(409, "unknown_token");
    }

    /// <summary>Nothing was stored, and the token that was given is the one that counts.</summary>
    private async Task StillHolds(string key, string token)
    {
        (await _http.Read(key)).IsBusy();
        (await _http.Put(key, "true", token: token)).IsDone();
        (await _http.Read(key)).IsHit("true");
    }
}
