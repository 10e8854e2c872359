namespace OrleansTagCache.Silo.StartUp;

/// <summary><c>health</c>: asks a silo of this machine whether it is ready, for health checks in containers that have no other program to ask with.</summary>
internal static class HealthCommand
{
    private const string Usage = """
        Usage:
          health [URL]    asks http://127.0.0.1:8080/health/ready, or the URL, and ends with 0 if the answer is 200, with 1 if not
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static bool Is(string[] args) => args is ["health", ..];

    /// <summary>Whether the silo answers that it is ready.</summary>
    /// <exception cref="StartUpFault">The words of the command are wrong.</exception>
    public static async Task<bool> Run(string[] args, TextWriter output)
    {
        var url = args switch
        {
            [_] => new($"{Addresses.Default}/health/ready"),
            [_, var text] when Uri.TryCreate(text, UriKind.Absolute, out var named) && (named.Scheme == Uri.UriSchemeHttp || named.Scheme == Uri.UriSchemeHttps) => named,
            _ => throw new StartUpFault(Usage),
        };
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(url);
            await output.WriteLineAsync($"{url} answers {(int)answer.StatusCode}.");
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            await output.WriteLineAsync($"{url} does not answer: {exception.Message}");
            return false;
        }
    }
}
