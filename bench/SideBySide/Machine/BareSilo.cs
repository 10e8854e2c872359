using System.Globalization;
using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>A silo of Orleans with its membership in Redis, one empty grain and nothing else, as a process of its own: this program again.</summary>
internal static class BareSilo
{
    public const string Argument = "bare-silo";

    private const string Cluster = "bare";
    private const string Ready = "The bare silo is ready.";

    public static Task<ChildProcess> Start(string redis)
    {
        var ports = FreePorts.Take(2).Select(port => port.ToString(CultureInfo.InvariantCulture));
        return ChildProcess.Start("dotnet", [typeof(BareSilo).Assembly.Location, Argument, redis, .. ports], Ready);
    }

    public static async Task Serve(string redis, string siloPort, string gatewayPort)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleans(silo =>
        {
            silo.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (Cluster, Cluster));
            silo.UseRedisClustering(redis);
            silo.ConfigureEndpoints(IPAddress.Loopback, int.Parse(siloPort, CultureInfo.InvariantCulture), int.Parse(gatewayPort, CultureInfo.InvariantCulture));
        });
        using var host = builder.Build();
        await host.StartAsync();
        Console.WriteLine(Ready);

        // Its input ends when the benchmark does.
        await Console.In.ReadToEndAsync();
        await host.StopAsync();
    }

    /// <summary>A client of the bare silo on that Redis; the host is the caller's to stop.</summary>
    public static async Task<IHost> Connect(string redis)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (Cluster, Cluster));
            client.UseRedisClustering(redis);
        });
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }
}

/// <summary>A grain that does nothing: a call of it is a round trip of Orleans.</summary>
[Alias("bench.IEmptyGrain")]
internal interface IEmptyGrain : IGrainWithIntegerKey
{
    [Alias("Call")]
    ValueTask Call();
}

/// <inheritdoc cref="IEmptyGrain"/>
internal sealed class EmptyGrain : Grain, IEmptyGrain
{
    public ValueTask Call() => ValueTask.CompletedTask;
}
