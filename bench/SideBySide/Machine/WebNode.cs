using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>The least that an application writes to offer a value from Redis by HTTP, as a process of its own: this program again.</summary>
internal static class WebNode
{
    public const string Argument = "web";

    private const string Ready = "The web node is ready.";

    public static Task<ChildProcess> Start(string redis, Uri address) =>
        ChildProcess.Start("dotnet", [typeof(WebNode).Assembly.Location, Argument, redis, address.ToString()], Ready);

    public static async Task Serve(string redis, string address)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis);
        var database = connection.GetDatabase();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address);
        await using var application = builder.Build();
        application.MapGet("/entry", async (string key) =>
            (byte[]?)await database.StringGetAsync(key) is { } value ? Results.Bytes(value) : Results.NotFound());
        await application.StartAsync();
        Console.WriteLine(Ready);

        // Its input ends when the benchmark does.
        await Console.In.ReadToEndAsync();
    }
}
