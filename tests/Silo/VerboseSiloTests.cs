using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>A log that says more names no keys, tags, values or API keys either.</summary>
public sealed class VerboseSiloTests(VerboseSilo silo) : IClassFixture<VerboseSilo>
{
    private const string Marker = "verbose-marker";
    private const string Tag = "verbose-tag";

    /// <summary>But for the audit log, which says what was changed.</summary>
    [Fact]
    public async Task Log_AtInformation_ShowsNothingOfCalls()
    {
        (await silo.Http.Put(Marker, Marker, $"&tag={Tag}")).IsDone();
        (await silo.Http.Read(Marker)).IsHit(Marker);
        Assert.Equal(200, (await silo.Http.Update(Tag)).Status);
        Assert.StartsWith("HTTP/1.1 400 ", await RawCall.Exchange(silo.Http.BaseAddress!, $"GET /v1/entry?key={Marker} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization : Bearer {Marker}\r\n\r\n"), StringComparison.Ordinal);

        Assert.Contains("Information Microsoft.Hosting.Lifetime", silo.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Marker, silo.Log.Text, StringComparison.OrdinalIgnoreCase);
        var named = Assert.Single(silo.Log.Text.Split('\n'), line => line.Contains(Tag, StringComparison.OrdinalIgnoreCase));
        Assert.StartsWith("Information OrleansTagCache.Audit", named, StringComparison.Ordinal);
    }
}

/// <summary>A silo whose general level of logging is Information.</summary>
public sealed class VerboseSilo : SiloServer
{
    protected override string[] Settings => ["--Logging:LogLevel:Default=Information"];
}
