using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace OrleansTagCache.Bench.SideBySide.Measuring;

/// <summary>BenchmarkDotNet in this process: it needs no build, and the peers are connected already.</summary>
internal static class MicroBenchmark
{
    /// <summary>Runs all benchmarks of a class, in the order in which they are declared.</summary>
    public static IReadOnlyList<MicroResult> Run<T>(int iterations)
    {
        var job = Job.Default
            .WithToolchain(InProcessEmitToolchain.DontLogOutput)
            .WithIterationTime(TimeInterval.FromMilliseconds(200))
            .WithWarmupCount(iterations / 2)
            .WithIterationCount(iterations);
        var configuration = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddLogger(NullLogger.Instance)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "side-by-side"));
        return
        [
            .. BenchmarkRunner.Run<T>(configuration).Reports.Select(report => new MicroResult(
                report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\''),
                report.ResultStatistics!.Median,
                report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) ?? 0)),
        ];
    }
}

/// <summary>What BenchmarkDotNet found for one method: the median of its iterations, and what a call allocated.</summary>
internal sealed record MicroResult(string Name, double Nanoseconds, long AllocatedBytes);
