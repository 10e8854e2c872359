namespace Aspire.Hosting.ApplicationModel;

/// <summary>One silo of a cluster: a process, reachable on this machine only.</summary>
public sealed class TagCacheSiloResource : ExecutableResource, IResourceWithParent<OrleansTagCacheResource>
{
    internal const string Address = "127.0.0.1";

    internal TagCacheSiloResource(string name, OrleansTagCacheResource parent, string program, int siloPort, int gatewayPort, int httpPort)
        : base(name, "dotnet", Path.GetDirectoryName(program)!) =>
        (Parent, Program, SiloPort, GatewayPort, HttpPort) = (parent, program, siloPort, gatewayPort, httpPort);

    /// <summary>The cluster.</summary>
    public OrleansTagCacheResource Parent { get; }

    /// <summary>The port for other silos.</summary>
    public int SiloPort { get; }

    /// <summary>The port for clients.</summary>
    public int GatewayPort { get; }

    /// <summary>The port of the HTTP API.</summary>
    public int HttpPort { get; }

    internal string Program { get; }

    internal string Gateway => $"{Address}:{GatewayPort}";
}
