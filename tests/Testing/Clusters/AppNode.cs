using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTagCache.Adapters;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Flights;

namespace OrleansTagCache.Testing;

/// <summary>An application on one node: a web server on a port of its own, over the cache of one process of the cluster.</summary>
internal sealed class AppNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private AppNode(WebApplication app, string host) => (_app, Http) = (app, new(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
    {
        BaseAddress = new(app.Urls.Single()),

        // As behind a balancer: every node of an application is the same host.
        DefaultRequestHeaders = { Host = host },
    });

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>What a process of the cluster offers to the applications in it.</summary>
    public static IServiceCollection Over(IServiceCollection services, IServiceProvider process) => services
        .AddSingleton(process.GetRequiredService<TagCache>())
        .AddSingleton(process.GetRequiredService<ITagCache>())
        .AddSingleton(process.GetRequiredService<UncacheableKeys>())
        .AddSingleton(process.GetRequiredService<TagCacheClientOptions>())
        .AddSingleton(process.GetRequiredService<OpenEntries>())
        .AddSingleton(process.GetRequiredService<LogOnce>())
        .AddSingleton(process.GetRequiredService<TimeProvider>());

    public static async Task<AppNode> Start(IServiceProvider process, Action<IServiceCollection> services, Action<WebApplication> configure, string host = "application.test")
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.SetMinimumLevel(LogLevel.None);
        Over(builder.Services, process);
        services(builder.Services);
        var app = builder.Build();
        configure(app);
        await app.StartAsync();
        return new(app, host);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
