using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Silo;

namespace OrleansTagCache.Testing;

/// <summary>A web application that is a client of the cluster, in this process, on a port of its own.</summary>
internal sealed class ClientApp : IAsyncDisposable
{
    /// <summary>Longer than anything takes that happens at once, and shorter than every time-out that would end it otherwise.</summary>
    public static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(12);

    private readonly WebApplication _app;

    private ClientApp(WebApplication app) => _app = app;

    public CapturedLog Log { get; } = new();

    public IServiceProvider Services => _app.Services;

    public ITagCache Cache => Services.GetRequiredService<ITagCache>();

    /// <summary>Puts it together; it is not started yet.</summary>
    public static ClientApp Build(Action<IClientBuilder> client, Action<IServiceCollection>? services = null, Action<WebApplication>? endpoints = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client);
        services?.Invoke(builder.Services);
        var app = new ClientApp(builder.Build());
        app.Services.GetRequiredService<ILoggerFactory>().AddProvider(app.Log);
        endpoints?.Invoke(app._app);
        return app;
    }

    /// <summary>A client of the silos on this machine, as the README makes one.</summary>
    public static ClientApp At(int gateway, Action<IServiceCollection>? services = null, Action<WebApplication>? endpoints = null, string clusterId = "tagcache") =>
        Build(client => client.UseLocalhostClustering(gateway, "tagcache", clusterId).AddTagCacheClient(), services, endpoints);

    /// <summary>The silo program on these ports, started; its log goes to the second.</summary>
    public static async Task<(WebApplication Silo, CapturedLog Log)> StartSilo(int siloPort, int gateway, params string[] settings)
    {
        var silo = await SiloProgram.Build(["--urls=http://127.0.0.1:0", $"--TagCache:SiloPort={siloPort}", $"--TagCache:GatewayPort={gateway}", .. settings]);
        var log = new CapturedLog();
        silo.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        await silo.StartAsync();
        return (silo, log);
    }

    public Task Start(TimeSpan? patience = null) => _app.StartAsync().WaitAsync(patience ?? AtOnce, TimeProvider.System);

    /// <summary>Where its port is, once it is started.</summary>
    public string Address => _app.Urls.Single();

    public Task Stop() => _app.StopAsync().WaitAsync(AtOnce, TimeProvider.System);

    /// <summary>What its port answers.</summary>
    public async Task<string> Get(string path)
    {
        using var http = new HttpClient { BaseAddress = new(_app.Urls.Single()) };
        return await http.GetStringAsync(path).WaitAsync(AtOnce, TimeProvider.System);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
