using System.Net.ServerSentEvents;
using System.Text.Json;
using Xunit;

namespace OrleansTagCache.Testing;

/// <summary>Reads a stream of server-sent events, one event after another.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly SseParser<string> _parser;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private EventReader(HttpResponseMessage response, Stream body)
    {
        _response = response;
        _parser = SseParser.Create(body);
        _events = _parser.EnumerateAsync().GetAsyncEnumerator();
    }

    /// <summary>What a reader that comes back sends.</summary>
    public string LastEventId => _parser.LastEventId;

    /// <summary>Opens a stream; it must be one.</summary>
    public static async Task<EventReader> Open(HttpClient http, string path, string? after = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (after is not null)
        {
            Assert.True(request.Headers.TryAddWithoutValidation("Last-Event-ID", after));
        }

        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).Soon();
        Assert.Equal((200, "text/event-stream", "no-store"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, response.Headers.CacheControl?.ToString()));
        return new(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event; null at the end of the stream.</summary>
    public async Task<(string Name, JsonElement Data, string? Id)?> Next() => await _events.MoveNextAsync().AsTask().Soon()
        ? (_events.Current.EventType, JsonElement.Parse(_events.Current.Data), _events.Current.EventId)
        : null;

    /// <summary>The next event, which must be of that name.</summary>
    public async Task<JsonElement> Next(string name)
    {
        var (told, data, _) = await Next() ?? throw new InvalidOperationException("The stream has ended.");
        Assert.Equal(name, told);
        return data;
    }

    public async ValueTask DisposeAsync()
    {
        _response.Dispose();
        try
        {
            await _events.DisposeAsync();
        }
        catch (Exception exception) when (exception is IOException or NotSupportedException)
        {
            // It was being read.
        }
    }
}
