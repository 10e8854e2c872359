using System.Text.RegularExpressions;
using Xunit;

namespace OrleansTagCache.Tests.Architecture.Deploy;

/// <summary>Nothing that is deployed has a secret in the clear.</summary>
public sealed class SecretTests
{
    [Fact]
    public void Files_HoldNoSecret()
    {
        string[] files = [.. DeployFiles.All()];

        Assert.True(files.Length > 10, "The files were not found.");
        Assert.All(files, file => Assert.DoesNotMatch(
            new Regex(@"otc_[a-z0-9]{8}|PRIVATE KEY-----|(password|credentials|secret)[ \t]*[=:][ \t]*[^\s%/$\[]|requirepass", RegexOptions.IgnoreCase), File.ReadAllText(file)));
    }
}
