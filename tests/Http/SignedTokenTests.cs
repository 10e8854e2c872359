using System.Security.Cryptography;
using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Tokens;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>A token opens for the key that it was made for, under the secret that it was made with, as it was written, and not otherwise.</summary>
public sealed class SignedTokenTests
{
    private static readonly TokenSecret Key = new(7, RandomNumberGenerator.GetBytes(32));
    private static readonly byte[] Silo = SignedToken.SiloOf("S127.0.0.1:1:1");
    private static readonly TokenId Id = new(new Guid("6f0d1a52-0001-4b1c-9f00-000000000001"));

    [Fact]
    public void Open_OfWhatWasSealed_IsTheGeneration() => Assert.Equal(Id, Open(Key, "4:shopkey", Seal()));

    [Theory]
    [InlineData("4:shopkez")]
    [InlineData("4:blogkey")]
    [InlineData("5:shopkey")]
    [InlineData("")]
    public void Open_ForAnotherKeyOrNamespace_IsNone(string scoped) => Assert.True(Open(Key, scoped, Seal()).IsNone);

    [Fact]
    public void Open_UnderAnotherSecretOfTheSameName_IsNone() =>
        Assert.True(Open(new(7, RandomNumberGenerator.GetBytes(32)), "4:shopkey", Seal()).IsNone);

    [Fact]
    public void Open_AfterAnyCharacterWasChanged_IsNone()
    {
        var token = Seal();
        for (var i = 0; i < token.Length; i++)
        {
            foreach (var other in "AZaz09-_+/=")
            {
                var forged = $"{token[..i]}{other}{token[(i + 1)..]}";
                Assert.True(forged == token || Open(Key, "4:shopkey", forged).IsNone, $"'{other}' at {i} was taken.");
            }
        }
    }

    private static string Seal() => SignedToken.Seal(Key, Silo, "4:shopkey", Id);

    private static TokenId Open(TokenSecret key, string scoped, string text) =>
        SealedBytes.TryRead(text, out var token) ? SignedToken.Open(key, scoped, token) : TokenId.None;
}
