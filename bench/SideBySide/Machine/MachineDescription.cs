using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Running;
using BitFaster.Caching.Lru;
using Microsoft.AspNetCore.OutputCaching.StackExchangeRedis;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using StackExchange.Redis;
using ZiggyCreatures.Caching.Fusion;

namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>What a reader must know of the machine and of the versions to judge figures.</summary>
internal static class MachineDescription
{
    public static IEnumerable<(string What, string Is)> Lines()
    {
        yield return ("Processor", $"{Processor()}, {Environment.ProcessorCount} cores for everything: application, silos and Redis");
        yield return ("Memory", string.Create(CultureInfo.InvariantCulture, $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9:F0} GB"));
        yield return ("Load before the run", File.Exists("/proc/loadavg") ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]) : "unknown");
        yield return ("System", RuntimeInformation.OSDescription);
        yield return ("Runtime", RuntimeInformation.FrameworkDescription);
        yield return ("Redis", Redis());
        yield return ("OrleansTagCache", Version(typeof(ITagCache)));
        yield return ("Orleans", Version(typeof(IGrain)));
        yield return ("HybridCache", Version(typeof(HybridCacheOptions)));
        yield return ("FusionCache", Version(typeof(FusionCache)));
        yield return ("IMemoryCache", Version(typeof(MemoryCache)));
        yield return ("IDistributedCache on Redis", Version(typeof(RedisCache)));
        yield return ("Output caching on Redis", Version(typeof(RedisOutputCacheOptions)));
        yield return ("StackExchange.Redis", Version(typeof(ConnectionMultiplexer)));
        yield return ("BitFaster.Caching", Version(typeof(ConcurrentLru<,>)));
        yield return ("BenchmarkDotNet", Version(typeof(BenchmarkRunner)));
    }

    private static string Version(Type type) =>
        (type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown").Split('+')[0];

    private static string Processor()
    {
        const string Information = "/proc/cpuinfo";
        var line = File.Exists(Information)
            ? File.ReadLines(Information).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
            : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string Redis()
    {
        using var process = Process.Start(new ProcessStartInfo("redis-server", "--version") { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd().Trim();
    }
}
