using OrleansTagCache.Coherence;
using OrleansTagCache.Contracts;
using OrleansTagCache.Http.Tokens;
using OrleansTagCache.Names;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>The identity of a hold as its holder has it.</summary>
public sealed class SignedHoldTests
{
    private static readonly TokenSecret Secret = new(7, [.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
    private static readonly TagId[] Tags = [TagId.OfTag(CacheNamespace.Default, "a"), TagId.OfTag(CacheNamespace.Default, "b")];
    private static readonly UpdateId Id = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 42);

    [Fact]
    public void Open_OfWhatWasSealed_GivesTheHold_InAnyOrderOfItsTags()
    {
        Assert.Equal(Id, Open(Seal(), Tags));
        Assert.Equal(Id, Open(Seal(), [Tags[1], Tags[0]]));
    }

    [Fact]
    public void Open_WithOtherTags_GivesNothing()
    {
        Assert.Null(Open(Seal(), [Tags[0]]));
        Assert.Null(Open(Seal(), [.. Tags, TagId.OfTag(CacheNamespace.Default, "c")]));
        Assert.Null(Open(Seal(), [TagId.OfTag(CacheNamespace.Parse("other"), "a"), TagId.OfTag(CacheNamespace.Parse("other"), "b")]));
    }

    [Fact]
    public void Open_WithAnotherSecret_GivesNothing() => Assert.Null(SignedHold.Open(new(7, new byte[32]), Tags, Read(Seal())));

    /// <summary>No holder makes the next hold's identity of its own.</summary>
    [Fact]
    public void Open_OfAChangedText_GivesNothing()
    {
        var text = Seal();
        for (var i = 0; i < text.Length; i++)
        {
            var changed = text[..i] + (text[i] == 'A' ? 'B' : 'A') + text[(i + 1)..];
            Assert.True(!SealedBytes.TryRead(changed, out var hold) || SignedHold.Open(Secret, Tags, hold) is null, changed);
        }
    }

    /// <summary>Their texts are of one length: what they are good for differs.</summary>
    [Fact]
    public void Open_OfAnEntrysToken_GivesNothing()
    {
        var token = SignedToken.Seal(Secret, new byte[8], Tags[0].Scoped, new(Id.Coordinator));

        Assert.Null(Open(token, [Tags[0]]));
    }

    private static string Seal() => SignedHold.Seal(Secret, Tags, Id);

    private static byte[] Read(string text) => SealedBytes.TryRead(text, out var hold) ? hold : throw new FormatException(text);

    private static UpdateId? Open(string text, TagId[] tags) => SignedHold.Open(Secret, tags, Read(text));
}
