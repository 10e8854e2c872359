using Microsoft.Extensions.Logging;
using OrleansTagCache.Contracts;
using OrleansTagCache.Tasks;

namespace OrleansTagCache.Transport;

/// <summary>
/// Finds out whether this process and every silo have a version of the protocol in common: when it has connected, before any other call, and with every look-up of the silos. While they have none,
/// nothing is asked of the cluster but that, and factories run.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed partial class ProtocolCheck(ProtocolVersions own, IGrainFactory grains, Reachability reachability, TimeProvider time, ILogger<ProtocolCheck> logger)
{
    /// <summary>How long the first answer is waited for. Without one nothing is known, and the next look-up tells.</summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(2);

    /// <summary>How often a cluster that has refused this process is asked again: silos may have been upgraded.</summary>
    private static readonly TimeSpan RepeatPeriod = TimeSpan.FromSeconds(10);

    private readonly string _name = $"{Environment.MachineName}/{Environment.ProcessId}";
    private int _isRepeating;

    /// <summary>The endpoints of the silos. The versions of both are told in passing.</summary>
    public async Task<EndpointAddress[]> Find()
    {
        var silos = await grains.GetGrain<IEndpointsGrain>(0).Find(_name, own).ConfigureAwait(false);
        Heard(silos);
        return silos;
    }

    /// <summary>Asks for the first time, before anything else is asked.</summary>
    /// <exception cref="TagCacheVersionException">There is no version in common.</exception>
    public async Task First()
    {
        try
        {
            await Find().WaitAsync(AnswerPatience, time, reachability.Closed).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            reachability.Failed(exception);
        }

        if (reachability.Refusal is { } refusal)
        {
            throw refusal;
        }
    }

    private void Heard(EndpointAddress[] silos)
    {
        var other = Array.Find(silos, silo => own.SpokenWith(silo.Versions ?? ProtocolVersions.Untold) is null);
        if (other is null)
        {
            if (reachability.Accepted())
            {
                LogAccepted(own);
            }

            return;
        }

        var theirs = other.Versions ?? ProtocolVersions.Untold;
        if (reachability.Refused(new(
            $"This process speaks protocol {own}, and silo {other.Silo} of the cluster {theirs}: they have no version in common. "
            + (theirs.Newest < own.Oldest ? "Upgrade the silos" : "Upgrade this process") + " by way of a version that both understand.")))
        {
            LogRefused(own, other.Silo, theirs);
        }

        RepeatWhileRefused();
    }

    private void RepeatWhileRefused()
    {
        if (reachability.Refusal is not null && Interlocked.Exchange(ref _isRepeating, 1) == 0)
        {
            _ = DetachedTask.Run(Repeat);
        }
    }

    private async Task Repeat()
    {
        await BackgroundLoop.Loop(
            async () =>
            {
                await Task.Delay(RepeatPeriod, time, reachability.Closed).ConfigureAwait(false);
                await Find().WaitAsync(AnswerPatience, time, reachability.Closed).ConfigureAwait(false);
                return reachability.Refusal is not null;
            },
            reachability.Failed,
            time,
            reachability.Closed).ConfigureAwait(false);
        Interlocked.Exchange(ref _isRepeating, 0);

        // It may have been refused again since the last look.
        if (!reachability.Closed.IsCancellationRequested)
        {
            RepeatWhileRefused();
        }
    }

    [LoggerMessage(2112, LogLevel.Error, "This process speaks protocol {Own}, and silo {Silo} {Theirs}: they have no version in common. Factories run and nothing is stored until one of them is upgraded")]
    private partial void LogRefused(ProtocolVersions own, SiloAddress silo, ProtocolVersions theirs);

    [LoggerMessage(2113, LogLevel.Information, "Every silo has a version in common with this process again, which speaks protocol {Own}")]
    private partial void LogAccepted(ProtocolVersions own);
}
