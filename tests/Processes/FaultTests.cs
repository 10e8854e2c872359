using Xunit;

namespace OrleansTagCache.Tests.Processes;

/// <summary>The fault harness in its short form; docs/internals/reliability.md has the full matrix.</summary>
public sealed class FaultTests
{
    /// <summary>Generous: on a machine that does other things as well everything takes longer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>Its readers leave something of the processors to what runs beside it, and to the silos that start again.</summary>
    [RedisFact]
    public async Task ShortMix_EveryNemesisOnce_NoReadIsOlderThanAnUpdateThatHadReturned()
    {
        await using var run = await ChildProcess.Start(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "OrleansTagCache.Faults.dll"), "run", "--plan", "short", "--ease", "4"], "The cluster is whole.");
        Assert.True(await run.WhenExited(Patience) == 0, run.Output);
    }
}
