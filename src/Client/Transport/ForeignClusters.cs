using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Transport;

/// <summary>
/// Notices that the other end of a connection belongs to another cluster, and names both in the log. In the handshake each end tells the other its ClusterId; where they differ,
/// Orleans gives the connection up, on both sides, with an exception that few see.
/// </summary>
/// <remarks>Thread-safe. It stands around a connection, and sees nothing of what is sent. What it names was sent by the other end, so it is cut and cleaned, and a line is written once a second at most.</remarks>
internal sealed partial class ForeignClusters(IOptions<ClusterOptions> cluster, TimeProvider time, ILogger<ForeignClusters> logger)
{
    private const string Before = "Unexpected cluster id \"";
    private const string Between = "\", expected \"";
    private const int LongestName = 64;

    private static readonly TimeSpan LeastPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RepeatPeriod = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private string? _said;
    private Moment _saidAt = Moment.Past;

    /// <summary>Stands around a client's connections to gateways.</summary>
    public ConnectionDelegate OfClient(ConnectionDelegate next) => Around(next, LogSilosOfAnother);

    /// <summary>Stands around the connections that a silo's gateway takes.</summary>
    public ConnectionDelegate OfGateway(ConnectionDelegate next) => Around(next, (peer, theirs, ours, _) => LogClientOfAnother(peer, theirs, ours));

    /// <summary>The ClusterId of the other end, from what Orleans says of it. Null if that says something else.</summary>
    internal static string? TheirsIn(string message)
    {
        var end = message.LastIndexOf(Between, StringComparison.Ordinal);
        if (!message.StartsWith(Before, StringComparison.Ordinal) || end < Before.Length)
        {
            return null;
        }

        var name = message[Before.Length..end];
        return string.Concat(name.Take(LongestName).Select(unit => char.IsControl(unit) || char.IsSurrogate(unit) ? '?' : unit));
    }

    private ConnectionDelegate Around(ConnectionDelegate next, Action<string?, string, string, string> say) => async connection =>
    {
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        catch (InvalidOperationException exception) when (TheirsIn(exception.Message) is { } theirs)
        {
            if (MaySay(theirs))
            {
                say(connection.RemoteEndPoint?.ToString(), theirs, cluster.Value.ClusterId, cluster.Value.ServiceId);
            }

            throw;
        }
    };

    private bool MaySay(string theirs)
    {
        var now = time.Now();
        lock (_gate)
        {
            if (now - _saidAt < (theirs == _said ? RepeatPeriod : LeastPeriod))
            {
                return false;
            }

            (_said, _saidAt) = (theirs, now);
            return true;
        }
    }

    [LoggerMessage(2105, LogLevel.Error, "The silo at {Peer} belongs to another cluster: its ClusterId is '{Theirs}', and this client's is '{Ours}' (its ServiceId '{ServiceId}'). Give the client the silos' ids, in Orleans' ClusterOptions")]
    private partial void LogSilosOfAnother(string? peer, string theirs, string ours, string serviceId);

    [LoggerMessage(3801, LogLevel.Warning, "The client at {Peer} wants another cluster and was refused: its ClusterId is '{Theirs}', and this silo's is '{Ours}'")]
    private partial void LogClientOfAnother(string? peer, string theirs, string ours);
}
