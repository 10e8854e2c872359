using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OrleansTagCache.Http;
using OrleansTagCache.Http.Endpoints;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>A caller who reads slowly costs the server a piece of the answer, and not the whole.</summary>
public sealed class PiecesAnswerTests
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    private readonly Pipe _server = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1, useSynchronizationContext: false));
    private readonly DefaultHttpContext _http = new();

    public PiecesAnswerTests() => _http.Features.Set<IHttpResponseBodyFeature>(new Body(_server.Writer));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(PiecesWriter.Piece)]
    [InlineData(PiecesWriter.Piece + 1)]
    [InlineData(1_000_003)]
    public async Task Answer_ThatIsReadSlowly_IsGivenInPieces_AndWhole(int length)
    {
        var bytes = RandomNumberGenerator.GetBytes(length);

        Assert.Equal(bytes, await ReadSlowly(PiecesAnswer.Of(bytes, "a/type"), PiecesWriter.Piece));

        Assert.Equal(("a/type", length), (_http.Response.ContentType, _http.Response.ContentLength));
    }

    [Fact]
    public async Task Answer_ToHead_HasNoBody()
    {
        _http.Request.Method = HttpMethods.Head;

        Assert.Empty(await ReadSlowly(PiecesAnswer.Of(new byte[7], "a/type"), most: 0));

        Assert.Equal(7, _http.Response.ContentLength);
    }

    [Fact]
    public async Task Answer_ToACallerWhoHasGone_EndsTheConnection()
    {
        using var gone = new CancellationTokenSource();
        var lifetime = new Lifetime { RequestAborted = gone.Token };
        _http.Features.Set<IHttpRequestLifetimeFeature>(lifetime);
        var answering = PiecesAnswer.Of(new byte[1_000_000], "a/type").ExecuteAsync(_http);
        Assert.False(answering.IsCompleted);

        await gone.CancelAsync();

        await answering.Soon();
        Assert.True(lifetime.IsAborted);
    }

    [Theory]
    [InlineData]
    [InlineData(0)]
    [InlineData(1, 2, 3, 4)]
    [InlineData(500_000, 0, 24 * 1024, (24 * 1024) + 1)]
    public async Task Many_AreWrittenAsBySerializer(params int[] lengths)
    {
        var entries = lengths.Select((length, i) => new ManyEntry($"k\"ö<{i}", RandomNumberGenerator.GetBytes(length), i % 2 == 0 ? null : "text/\"plain", ["t&1", "t2"], 0.125 * i, "fresh"));
        var answer = new ManyAnswer([.. entries], ["left\\", "+"]);

        var text = await ReadSlowly(ManyEntriesText.Of(answer), 3 * PiecesWriter.Piece);

        Assert.Equal(JsonSerializer.Serialize(answer, Web), System.Text.Encoding.UTF8.GetString(text));
        Assert.Equal("application/json; charset=utf-8", _http.Response.ContentType);
    }

    /// <summary>What a caller sends while it does not read is held by the server, too.</summary>
    [Fact]
    public void Server_HoldsNoMoreOfAConnectionThanALine()
    {
        var server = new KestrelServerOptions();

        ServerLimits.Apply(server, new HttpLimitOptions());

        Assert.Equal(server.Limits.MaxRequestLineSize, server.Limits.MaxRequestBufferSize);
    }

    /// <summary>Takes what there is only when the server is given nothing more.</summary>
    private async Task<byte[]> ReadSlowly(IResult answer, int most)
    {
        var answering = End(answer);
        var read = new MemoryStream();
        while (true)
        {
            var found = await _server.Reader.ReadAsync().AsTask().Soon();
            Assert.True(found.Buffer.Length <= most, $"{found.Buffer.Length} bytes were given at once.");
            foreach (var part in found.Buffer)
            {
                read.Write(part.Span);
            }

            _server.Reader.AdvanceTo(found.Buffer.End);
            if (found.IsCompleted)
            {
                await answering;
                return read.ToArray();
            }
        }
    }

    private async Task End(IResult answer)
    {
        await answer.ExecuteAsync(_http);
        await _server.Writer.CompleteAsync();
    }

    private sealed class Body(PipeWriter writer) : IHttpResponseBodyFeature
    {
        public Stream Stream => Writer.AsStream();

        public PipeWriter Writer => writer;

        public Task CompleteAsync() => throw new NotSupportedException();

        public void DisableBuffering() => throw new NotSupportedException();

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task StartAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class Lifetime : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public bool IsAborted { get; private set; }

        public void Abort() => IsAborted = true;
    }
}
