using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace OrleansTagCache.Hosting;

/// <summary>Hears of every attempt to connect that fails, says why in the log, once a reason, and has it tried again: for ever, unless the application insists on a cluster at its start.</summary>
/// <remarks>The Orleans client asks once a failed attempt, never twice at a time; <see cref="FirstFailed"/> may be awaited by any thread.</remarks>
/// <param name="decider">Decides instead of it, if there is one.</param>
/// <param name="cluster">The ids of the cluster.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class ConnectionAttempts(
    RetryDecider decider, IOptions<ClusterOptions> cluster, TimeProvider time, ILogger<ConnectionAttempts> logger) : IClientConnectionRetryFilter
{
    /// <summary>Between two attempts. Longer than Orleans refuses to try a gateway again that has failed.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _firstFailed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _said;

    /// <summary>Completed by the first attempt that fails.</summary>
    public Task FirstFailed => _firstFailed.Task;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        var innermost = exception.GetBaseException();
        var kind = $"{exception.GetType().Name} {innermost.GetType().Name}";
        if (_said != kind)
        {
            _said = kind;
            LogNotConnected(cluster.Value.ClusterId, cluster.Value.ServiceId, exception == innermost ? exception.Message : $"{exception.Message} {innermost.Message}");
        }

        _firstFailed.TrySetResult();
        if (decider.Filter is { } filter)
        {
            return await filter.ShouldRetryConnectionAttempt(exception, cancellationToken).ConfigureAwait(false);
        }

        await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>A silo has answered.</summary>
    public void Succeeded()
    {
        if (_said is not null)
        {
            LogConnected();
        }
    }

    [LoggerMessage(2104, LogLevel.Warning, "No silo of the cluster answers; until one does, factories run and nothing is stored. This client has the ClusterId '{ClusterId}' and the ServiceId '{ServiceId}', and both must be the silos'. {Fault}")]
    private partial void LogNotConnected(string clusterId, string serviceId, string fault);

    [LoggerMessage(2106, LogLevel.Information, "A silo of the cluster answers, and this process is connected")]
    private partial void LogConnected();
}

/// <summary>Whose word decides whether to connect again: a filter of the application's own, or Orleans' where the application insists on a cluster; none means for ever.</summary>
internal sealed record RetryDecider(IClientConnectionRetryFilter? Filter);
