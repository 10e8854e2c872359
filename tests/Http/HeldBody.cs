using System.Net;
using System.Text;

namespace OrleansTagCache.Tests.Http;

/// <summary>A body that is asked for and does not come yet: sent by <see cref="SlowClient"/>, it begins when the silo begins to read it.</summary>
internal sealed class HeldBody(string text) : HttpContent
{
    private readonly byte[] _bytes = Encoding.UTF8.GetBytes(text);
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the silo reads.</summary>
    public Task Asked => _asked.Task.WaitAsync(TimeSpan.FromMinutes(1));

    /// <summary>A client that sends no body before it is asked for.</summary>
    public static HttpClient SlowClient(Uri silo)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, Expect100ContinueTimeout = TimeSpan.FromMinutes(1) }) { BaseAddress = silo };
        http.DefaultRequestHeaders.ExpectContinue = true;
        return http;
    }

    public void Release() => _released.SetResult();

    /// <summary>It breaks off.</summary>
    public void Break() => _released.SetException(new IOException("The body breaks off."));

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        _asked.TrySetResult();
        await _released.Task;
        await stream.WriteAsync(_bytes);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }
}
