using System.Net;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace OrleansTagCache.Silo.Clustering;

/// <summary>What holds of the connection to Redis where its connection string says nothing else.</summary>
/// <param name="others">Those of the servers' kind.</param>
/// <param name="password">The file of the password, if there is one: it is read at each new connection.</param>
internal sealed class RedisDefaults(DefaultOptionsProvider others, PasswordFile? password) : DefaultOptionsProvider
{
    /// <summary>For a connection, and for an answer: a membership row that is read later than this confirms no lease.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>How often it is looked who the primary is. With a replica in its place, every silo serves again after about twice this.</summary>
    private static readonly TimeSpan RolesPeriod = TimeSpan.FromSeconds(2);

    /// <summary>A server that has vanished without a word is missed after this.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(5);

    public override TimeSpan ConfigCheckInterval => RolesPeriod;

    public override TimeSpan? ConnectTimeout => Patience;

    public override TimeSpan SyncTimeout => Patience;

    public override TimeSpan KeepAliveInterval => KeepAlive;

    /// <summary>What Redis does when its memory is full is asked for.</summary>
    public override bool AllowAdmin => true;

    public override string? Password => password?.Current ?? others.Password;

    public override string? User => others.User;

    public override bool AbortOnConnectFail => others.AbortOnConnectFail;

    public override Version DefaultVersion => others.DefaultVersion;

    public override bool GetDefaultSsl(EndPointCollection endPoints) => others.GetDefaultSsl(endPoints);

    public override string? GetSslHostFromEndpoints(EndPointCollection endPoints) => others.GetSslHostFromEndpoints(endPoints);

    public override Task AfterConnectAsync(ConnectionMultiplexer multiplexer, Action<string> log) => others.AfterConnectAsync(multiplexer, log);

    public override bool IsMatch(EndPoint endpoint) => others.IsMatch(endpoint);
}
