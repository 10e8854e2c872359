using OrleansTagCache.Http.Authentication;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>A silo whose address is named by port alone, as in Microsoft's images.</summary>
public sealed class PortsTests(PortsSilo silo) : IClassFixture<PortsSilo>
{
    [Fact]
    public async Task Silo_WithHttpPorts_ListensOnEveryAddressAndNowhereElse()
    {
        var address = silo.Http.BaseAddress!;
        Assert.Contains(address.Host, (string[])["[::]", "0.0.0.0"]);
        Assert.NotEqual(8080, address.Port);

        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new($"http://127.0.0.1:{address.Port}") };
        var reply = await http.Ask("/health/live");
        Assert.Equal((200, "live"), (reply.Status, reply.Text));
    }
}

/// <summary>A silo with a key, and a port in the place of an address.</summary>
public sealed class PortsSilo : SiloServer
{
    protected override string[] Settings
    {
        get
        {
            var (id, text) = ApiKeyText.Create();
            return ["--urls=", "--HTTP_PORTS=0", $"--TagCache:Access:Keys:{id}:Hash={Convert.ToHexString(ApiKeyText.Hash(text))}", $"--TagCache:Access:Keys:{id}:Scopes=read"];
        }
    }
}
