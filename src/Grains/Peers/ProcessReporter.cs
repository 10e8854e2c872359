using System.Runtime.InteropServices;
using OrleansTagCache.Contracts;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Peers;

/// <summary>Gathers how the process of this silo is. It reads counters that the runtime keeps, and costs microseconds.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ProcessReporter(TagCacheOptions options, IEnumerable<IOwnCertificate> certificates, TimeProvider time)
{
    private readonly Moment _begun = time.Now();

    /// <param name="queueDelay">How long work has waited for a thread of the pool.</param>
    public ProcessReport Report(TimeSpan queueDelay)
    {
        var memory = GC.GetGCMemoryInfo();
        return new()
        {
            Clock = time.GetUtcNow(),
            Uptime = time.Now() - _begun,
            Machine = Environment.MachineName,
            ProcessId = Environment.ProcessId,
            Runtime = RuntimeInformation.FrameworkDescription,
            Processors = Environment.ProcessorCount,
            Threads = ThreadPool.ThreadCount,
            QueuedWork = ThreadPool.PendingWorkItemCount,
            QueueDelay = queueDelay,
            MemoryInUse = memory.MemoryLoadBytes,
            MemoryAvailable = memory.TotalAvailableMemoryBytes,
            PausedPercent = memory.PauseTimePercentage,
            LeaseLength = options.ServingLease,
            Certificate = certificates.FirstOrDefault()?.Report(),
        };
    }
}
