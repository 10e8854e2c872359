using System.Buffers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Messages;

namespace OrleansTagCache.Http.Streams;

/// <summary>
/// The streams of server-sent events of this silo. A stream ends when its reader has gone, when the silo stops, and, before anything more is sent, when the reader's key is not valid any more, or its session has ended. There are no more than
/// <see cref="HttpLimitOptions.EventStreams"/> at a time.
/// </summary>
/// <remarks>Thread-safe. One flow writes a stream; a reader that reads slowly holds up that flow alone.</remarks>
internal sealed class EventStreams(RequestLimits limits, ApiKeyRing keys, IHostApplicationLifetime life, TimeProvider time)
{
    private const string ContentType = "text/event-stream";

    /// <summary>Answers with a stream.</summary>
    /// <param name="items">What is sent, until it is cancelled.</param>
    public IResult Open(Func<CancellationToken, IAsyncEnumerable<StreamItem>> items) => new Stream(this, items);

    private async Task Send(HttpContext http, Func<CancellationToken, IAsyncEnumerable<StreamItem>> items)
    {
        if (!limits.EventStreams.TryTake(1))
        {
            await Problems.Overloaded(http, "The limit of open event streams is reached (TagCache:Limits:EventStreams).").ExecuteAsync(http);
            return;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, life.ApplicationStopping);
        try
        {
            Begin(http.Response);
            await http.Response.StartAsync(over.Token);

            // A stream may have nothing to tell for a while: its reader is to know that it is open.
            await http.Response.Body.FlushAsync(over.Token);
            if (!HttpMethods.IsHead(http.Request.Method))
            {
                await SseFormatter.WriteAsync(Events(http, items, over.Token), http.Response.Body, static (item, buffer) => buffer.Write(item.Data), over.Token);
            }
        }
        catch (Exception exception) when (over.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            // The reader has gone, or the silo stops: the reader comes back, here or to another silo.
        }
        finally
        {
            limits.EventStreams.GiveBack(1);
        }
    }

    private static void Begin(HttpResponse response)
    {
        response.ContentType = ContentType;
        response.Headers["X-Accel-Buffering"] = "no";
        response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    private async IAsyncEnumerable<SseItem<byte[]>> Events(
        HttpContext http, Func<CancellationToken, IAsyncEnumerable<StreamItem>> items, [EnumeratorCancellation] CancellationToken over)
    {
        var (caller, session) = (http.Caller(), http.Session());
        await foreach (var (item, position) in items(over).WithCancellation(over))
        {
            if (!keys.IsValid(caller) || session?.HasEnded(time.GetUtcNow()) == true)
            {
                yield break;
            }

            if (item is { } told)
            {
                yield return told;
            }
            else
            {
                // Between two events nothing else writes. A position without data changes what the reader will send when it comes back, and is no event.
                await http.Response.WriteAsync(position is null ? ":\n\n" : $":\nid: {position}\n\n", over);
                await http.Response.Body.FlushAsync(over);
            }
        }
    }

    private sealed class Stream(EventStreams streams, Func<CancellationToken, IAsyncEnumerable<StreamItem>> items) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => streams.Send(httpContext, items);
    }
}
