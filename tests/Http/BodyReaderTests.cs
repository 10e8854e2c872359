using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>Bodies are put together from pieces, and one for which there is no memory is refused as any that is too much.</summary>
public sealed class BodyReaderTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16 * 1024)]
    [InlineData((16 * 1024) + 1)]
    [InlineData(80 * 1024)]
    [InlineData((80 * 1024) + 1)]
    [InlineData(1_000_003)]
    public async Task Body_OfAnyLength_IsWhole(int length)
    {
        var sent = RandomNumberGenerator.GetBytes(length);
        var http = new DefaultHttpContext { Request = { Body = new MemoryStream(sent) } };
        var quota = new Quota(2_000_000);

        Assert.Equal(sent, await BodyReader.TryRead(http.Request, 1_000_003, quota));
        Assert.Equal(length, quota.Taken);
    }

    [Fact]
    public async Task Body_WithoutMemory_IsRefused()
    {
        var http = new DefaultHttpContext { Request = { Body = new Exhausted() } };

        var refusal = await Assert.ThrowsAsync<OverloadedException>(() => BodyReader.TryRead(http.Request, 1_000, new(1_000)).AsTask());

        Assert.Equal("There is no memory for the request body at the moment.", refusal.Message);
    }

    private sealed class Exhausted : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            // More than any array may have: the runtime answers as it does when there is no memory.
            buffer.CopyTo(new byte[int.MaxValue]);
            return new(0);
        }
    }
}
