using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using OrleansTagCache.Diagnostics;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>A fault of calls is logged once for each kind, and in Development always.</summary>
public sealed class LogOnceTests
{
    [Fact]
    public void IsNew_OfOneKind_IsOnce()
    {
        var once = new LogOnce();
        Assert.True(once.IsNew("A value may have at most 10 bytes; this one has 11."));
        Assert.False(once.IsNew("A value may have at most 10 bytes; this one has 12."));
        Assert.True(once.IsNew("A tag must not contain control characters."));
    }

    [Fact]
    public void IsNew_InDevelopment_IsAlways()
    {
        var once = new LogOnce(new HostingEnvironment { EnvironmentName = Environments.Development });
        Assert.True(once.IsNew("A fault."));
        Assert.True(once.IsNew("A fault."));
    }
}
