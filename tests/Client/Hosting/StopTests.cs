using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>When its host has stopped, a process's cache decides every call at once.</summary>
public sealed class StopTests
{
    [Fact]
    public async Task Calls_OfAClientWhoseHostHasStopped_AreDecidedAtOnce()
    {
        var ports = FreePorts.Take(2);
        var (silo, _) = await ClientApp.StartSilo(ports[0], ports[1]);
        await using var app = ClientApp.At(ports[1], services => services.AddTagCacheDistributedCache());
        await app.Start();
        await app.Cache.SetAsync("key", 1);

        await app.Stop();

        await StartTests.DoesWithoutTheCluster(app.Services);
        await silo.DisposeAsync();
    }

    [Fact]
    public async Task Calls_OfASiloWhoseHostHasStopped_AreDecidedAtOnce()
    {
        var ports = FreePorts.Take(2);
        var (silo, _) = await ClientApp.StartSilo(ports[0], ports[1]);
        await silo.Services.GetRequiredService<ITagCache>().SetAsync("key", 1);

        await silo.StopAsync();

        await StartTests.DoesWithoutTheCluster(silo.Services);
        await silo.DisposeAsync();
    }

    [Fact]
    public async Task Stop_WhileConnecting_IsQuick()
    {
        await using var app = ClientApp.At(FreePorts.Take(1)[0]);
        await app.Start();

        await app.Stop();

        await StartTests.DoesWithoutTheCluster(app.Services);
    }
}
