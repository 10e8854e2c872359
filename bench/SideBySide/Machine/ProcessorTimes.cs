namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>The processor time of all who take part: this process, which is the application, the silos and Redis.</summary>
internal sealed record ProcessorTimes(TimeSpan Application, TimeSpan Silos, TimeSpan Redis)
{
    public ProcessorTimes Since(ProcessorTimes earlier) =>
        new(Application - earlier.Application, Silos - earlier.Silos, Redis - earlier.Redis);
}
