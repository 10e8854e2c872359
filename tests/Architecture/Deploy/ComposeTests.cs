using System.Globalization;
using OrleansTagCache.Silo.StartUp;
using Xunit;

namespace OrleansTagCache.Tests.Architecture.Deploy;

/// <summary>The Compose files against the fields that Compose knows, and against the silo program's settings.</summary>
public sealed class ComposeTests
{
    private const string SecretsFolder = "/run/secrets/";

    private readonly ComposeFile _base = DeployFiles.Yaml<ComposeFile>(DeployFiles.PathOf("compose", "compose.yaml"));
    private readonly ComposeFile _onPostgreSql = DeployFiles.Yaml<ComposeFile>(DeployFiles.PathOf("compose", "compose.postgresql.yaml"));

    private static readonly string[] Silos = ["silo1", "silo2", "silo3"];

    public static TheoryData<string> SiloNames => [.. Silos];

    [Theory]
    [MemberData(nameof(SiloNames))]
    public void Settings_AreThoseOfTheSilo(string name)
    {
        var silo = _base.Services[name];
        string[] settingFiles = [.. silo.SecretFiles().Keys.Where(file => file.Contains("__", StringComparison.Ordinal))];
        Dictionary<string, string?> onPostgreSql = new(silo.Environment);
        foreach (var (setting, value) in _onPostgreSql.Services[name].Environment)
        {
            onPostgreSql[setting] = value;
        }

        Assert.True(_base.Networks["cluster"].Internal);
        foreach (var environment in new[] { silo.Environment, onPostgreSql })
        {
            var (program, cache) = DeployFiles.Read(environment, settingFiles);

            Assert.Equal(NameInTheCluster(silo), program.AdvertisedAddress);
            Assert.Contains(program.SiloPort, DeployFiles.ImagePorts());
            Assert.Contains(program.GatewayPort, DeployFiles.ImagePorts());
            Assert.True(Seconds(silo.StopGracePeriod!) >= cache.HandoverTimeout + DeployFiles.StopMargin, "The container is killed before its silo has handed its entries over.");
        }
    }

    [Fact]
    public void FilesOfSettings_AreGivenToTheSilo()
    {
        foreach (var silo in _base.Services.Where(service => Silos.Contains(service.Key)).Select(service => service.Value))
        {
            var file = silo.Environment["TagCache__Access__File"]!;
            Assert.Contains($"./secrets/access:{Path.GetDirectoryName(file)}:ro", silo.Volumes);
            Assert.Contains($"secrets/access/{Path.GetFileName(file)}\"", File.ReadAllText(DeployFiles.PathOf("compose", "make-secrets.sh")), StringComparison.Ordinal);
            Assert.Equal(SecretsFolder.TrimEnd('/'), silo.Environment["TagCache__SettingsDirectory"]);
            Assert.Equal(["TagCache__Clustering__ConnectionString"], silo.SecretFiles().Keys);
        }
    }

    [Fact]
    public void Services_HaveOneVersionAndNoRights()
    {
        var services = _base.Services.Concat(_onPostgreSql.Services).Where(service => service.Value.Image is not null).ToArray();

        Assert.Equal(["grafana", "postgresql", "prometheus", "redis", "silo1", "silo2", "silo3"], services.Select(service => service.Key).Order(StringComparer.Ordinal));
        Assert.All(services.Select(service => service.Value), service =>
        {
            DeployFiles.HasFixedTag(service.Image!);
            Assert.Matches(@"^[1-9]\d*:[1-9]\d*$", service.User);
            Assert.True(service.ReadOnly);
            Assert.Equal(["ALL"], service.CapDrop);
            Assert.Equal(["no-new-privileges:true"], service.SecurityOpt);
            Assert.NotNull(service.Healthcheck);
            Assert.NotNull(service.StopGracePeriod);
            Assert.NotNull(service.MemLimit);
            DeployFiles.HasNoSecret(service.Environment);
            Assert.All(service.Ports, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        });
    }

    [Fact]
    public void Secrets_AreFilesThatTheScriptMakes()
    {
        var script = File.ReadAllText(DeployFiles.PathOf("compose", "make-secrets.sh"));
        var known = _base.Secrets.Concat(_onPostgreSql.Secrets).ToLookup(secret => secret.Key, secret => secret.Value.File);
        var used = _base.Services.Values.Concat(_onPostgreSql.Services.Values).SelectMany(service => service.SecretFiles().Values).Distinct();

        Assert.All(used, secret => Assert.NotEmpty(known[secret]));
        Assert.All(known.SelectMany(files => files), file => Assert.Contains($"> {file[2..]}", script, StringComparison.Ordinal));
    }

    [Fact]
    public void Prometheus_ScrapesEverySiloWithItsKey()
    {
        var scraping = File.ReadAllText(DeployFiles.PathOf("prometheus", "prometheus.yml"));
        var http = new Uri(Addresses.Default).Port;

        Assert.All(Silos, silo => Assert.Contains($"\"{silo}:{http}\"", scraping, StringComparison.Ordinal));
        Assert.All(Silos, silo => Assert.EndsWith($":{http}", Assert.Single(_base.Services[silo].Ports), StringComparison.Ordinal));
        Assert.Contains(http, DeployFiles.ImagePorts());
        var key = scraping.Split('\n').Single(line => line.Contains("credentials_file:", StringComparison.Ordinal)).Split(": ")[1];
        Assert.Contains(key[SecretsFolder.Length..], _base.Services["prometheus"].SecretFiles().Keys);
    }

    [Fact]
    public void Grafana_FindsPrometheusAndTheBoards()
    {
        var folder = DeployFiles.PathOf("grafana", "provisioning");
        var (source, boards) = (File.ReadAllText(Path.Combine(folder, "datasources", "prometheus.yaml")), File.ReadAllText(Path.Combine(folder, "dashboards", "tagcache.yaml")));
        var path = boards.Split('\n').Single(line => line.Contains("path: ", StringComparison.Ordinal)).Split(": ")[1];

        Assert.Contains("url: http://prometheus:9090", source, StringComparison.Ordinal);
        Assert.Contains($"../grafana:{path}:ro", _base.Services["grafana"].Volumes);
    }

    private static object? NameInTheCluster(ComposeService silo) =>
        Assert.Single((List<object>)((Dictionary<object, object>)((Dictionary<object, object>)silo.Networks!)["cluster"])["aliases"]);

    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(int.Parse(text.TrimEnd('s'), CultureInfo.InvariantCulture));
}
