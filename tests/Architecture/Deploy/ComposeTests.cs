using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
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

            // Docker starts it again after its own restart, and as often as it takes.
            Assert.Equal("unless-stopped", service.Restart);
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
        Assert.All(known.SelectMany(files => files), file => Assert.Contains($"make {file[2..]} ", script, StringComparison.Ordinal));
    }

    /// <summary>Whatever the umask; and what one run could not make, the next one makes.</summary>
    [Fact]
    public async Task Script_MakesWhatIsMissing()
    {
        var folder = Directory.CreateTempSubdirectory("otc-compose-").FullName;
        try
        {
            File.Copy(DeployFiles.PathOf("compose", "make-secrets.sh"), Path.Combine(folder, "make-secrets.sh"));
            File.WriteAllText(Path.Combine(folder, "silo"), """
                for file; do :; done
                echo x >> "$file"
                [ "$(wc -l < "$file")" != 2 ] || exit 3
                echo "otc_$(wc -l < "$file")"
                """);
            const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
            const UnixFileMode Enter = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

            Assert.NotEqual(0, await MakeSecrets(folder));
            Assert.Equal(0, await MakeSecrets(folder));
            var made = Directory.GetFiles(Path.Combine(folder, "secrets"), "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(folder, file), File.ReadAllText);
            Assert.Equal(0, await MakeSecrets(folder));

            var named = _base.Secrets.Values.Concat(_onPostgreSql.Secrets.Values).Select(secret => secret.File[2..]).Append("secrets/application-key").Append("secrets/access/keys.json");
            Assert.Equal(named.Distinct().Order(StringComparer.Ordinal), made.Keys.Order(StringComparer.Ordinal));
            Assert.All(made, file => Assert.Equal(file.Value, File.ReadAllText(Path.Combine(folder, file.Key))));
            Assert.Equal(("otc_1\n", "otc_3\n"), (made["secrets/metrics-key"], made["secrets/application-key"]));
            var password = made["secrets/postgresql-password"].Trim();
            Assert.Equal(48, password.Length);
            Assert.EndsWith($"Password={password}\n", made["secrets/postgresql-connection-string"], StringComparison.Ordinal);
            Assert.Contains($">{made["secrets/connection-string"].Trim().Split("password=")[1]} ", made["secrets/redis-users"], StringComparison.Ordinal);
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(folder, "secrets")));
                Assert.Equal(Read | Enter | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "secrets", "access")));
                foreach (var file in made.Keys)
                {
                    Assert.Equal(Read | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, file)));
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
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
        var rules = scraping.Split("rule_files:\n  - ")[1].Split('\n')[0];
        Assert.True(File.Exists(DeployFiles.PathOf("prometheus", rules)), $"There is no {rules} beside prometheus.yml.");
        Assert.Contains("../prometheus:/etc/prometheus:ro", _base.Services["prometheus"].Volumes);
    }

    [Fact]
    public void Grafana_FindsPrometheusAndTheBoards()
    {
        var folder = DeployFiles.PathOf("grafana", "provisioning");
        var (source, boards) = (File.ReadAllText(Path.Combine(folder, "datasources", "prometheus.yaml")), File.ReadAllText(Path.Combine(folder, "dashboards", "tagcache.yaml")));
        var path = boards.Split('\n').Single(line => line.Contains("path: ", StringComparison.Ordinal)).Split(": ")[1];

        Assert.Contains("url: http://prometheus:9090", source, StringComparison.Ordinal);
        Assert.Contains($"../grafana:{path}:ro", _base.Services["grafana"].Volumes);
        var uid = source.Split('\n').Single(line => line.Contains("uid: ", StringComparison.Ordinal)).Split(": ")[1];
        var files = Directory.GetFiles(DeployFiles.PathOf("grafana"), "*.json");
        Assert.NotEmpty(files);
        Assert.All(files, file =>
        {
            using var board = JsonDocument.Parse(File.ReadAllText(file));
            Assert.All(board.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.GetProperty("type").GetString() != "row"), panel => Assert.Equal(uid, panel.GetProperty("datasource").GetProperty("uid").GetString()));
        });
    }

    private static async Task<int> MakeSecrets(string folder)
    {
        using var script = Process.Start(new ProcessStartInfo("bash", ["-c", "umask 077; exec bash make-secrets.sh bash silo"]) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        await script.StandardOutput.ReadToEndAsync();
        await script.WaitForExitAsync();
        return script.ExitCode;
    }

    private static object? NameInTheCluster(ComposeService silo) =>
        Assert.Single((List<object>)((Dictionary<object, object>)((Dictionary<object, object>)silo.Networks!)["cluster"])["aliases"]);

    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds(int.Parse(text.TrimEnd('s'), CultureInfo.InvariantCulture));
}
