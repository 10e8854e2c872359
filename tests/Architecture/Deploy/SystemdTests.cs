using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace OrleansTagCache.Tests.Architecture.Deploy;

/// <summary>The unit of systemd against the silo program's settings and exit codes.</summary>
public sealed class SystemdTests
{
    private readonly ILookup<string, string> _unit = Lines("orleans-tag-cache.service");
    private readonly Dictionary<string, string?> _example = Lines("silo.env.example").ToDictionary(line => line.Key, line => (string?)line.Single());

    [Fact]
    public void Settings_AreThoseOfTheSilo()
    {
        var environment = new Dictionary<string, string?>(_example);
        foreach (var set in _unit["Environment"])
        {
            environment[set.Split('=')[0]] = set.Split('=')[1];
        }

        string[] credentials = [.. _unit["LoadCredential"].Select(credential => credential.Split(':')[0])];
        DeployFiles.HasNoSecret(environment);
        Assert.Equal("%d", environment["TagCache__SettingsDirectory"]);
        var (program, cache) = DeployFiles.Read(environment, credentials);

        Assert.True(program.Tls.IsWanted);
        Assert.Equal((new Silo.SiloProgramOptions().SiloPort, new Silo.SiloProgramOptions().GatewayPort), (program.SiloPort, program.GatewayPort));
        Assert.True(TimeSpan.FromSeconds(int.Parse(One("TimeoutStopSec"), CultureInfo.InvariantCulture)) >= cache.HandoverTimeout + DeployFiles.StopMargin, "The silo is killed before it has handed its entries over.");
    }

    /// <summary>Exit code 2 says that the settings are wrong: docs/reference/errors.md. What may pass by itself has another one.</summary>
    [Fact]
    public void Unit_StartsAgainUnlessTheSettingsAreWrong()
    {
        Assert.Equal(("on-failure", "2", "SIGTERM", "0"), (One("Restart"), One("RestartPreventExitStatus"), One("KillSignal"), One("StartLimitIntervalSec")));
        Assert.Contains("/OrleansTagCache.Silo.dll", One("ExecStart"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("User", "tagcache")]
    [InlineData("NoNewPrivileges", "yes")]
    [InlineData("ProtectSystem", "strict")]
    [InlineData("CapabilityBoundingSet", "")]
    [InlineData("PrivateTmp", "yes")]
    public void Unit_HasNoRights(string setting, string value) => Assert.Equal(value, One(setting));

    private string One(string setting) => Assert.Single(_unit[setting]);

    private static ILookup<string, string> Lines(string file) => File.ReadAllLines(DeployFiles.PathOf("systemd", file))
        .Select(line => Regex.Match(line, "^(?<name>[A-Za-z_]+)=(?<value>.*)$")).Where(match => match.Success)
        .ToLookup(match => match.Groups["name"].Value, match => match.Groups["value"].Value);
}
