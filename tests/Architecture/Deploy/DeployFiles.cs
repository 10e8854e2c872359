using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.Extensions.Configuration;
using OrleansTagCache.Silo;
using OrleansTagCache.Silo.Keys;
using OrleansTagCache.Silo.StartUp;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace OrleansTagCache.Tests.Architecture.Deploy;

/// <summary>What the tests of the files in <c>deploy</c> share: reading them, and giving their settings to the silo program's own check.</summary>
internal static class DeployFiles
{
    /// <summary>How much longer than <c>HandoverTimeout</c> a silo must be given to stop: docs/how-to/operate.md.</summary>
    public static readonly TimeSpan StopMargin = TimeSpan.FromSeconds(15);

    public static string PathOf(params string[] parts) => Path.Combine([Repository.Root, "deploy", .. parts]);

    /// <summary>Every file that is in the repository.</summary>
    public static IEnumerable<string> All() => Directory.EnumerateFiles(PathOf(), "*", SearchOption.AllDirectories)
        .Where(file => Path.GetFileName(Path.GetDirectoryName(file)) != "secrets");

    /// <summary>The ports of the image.</summary>
    public static int[] ImagePorts()
    {
        var project = XDocument.Load(Path.Combine(Repository.Root, "src", "Silo", "OrleansTagCache.Silo.csproj"));
        return [.. project.Descendants("ContainerPort").SelectMany(port => ((string)port.Attribute("Include")!).Split(';')).Select(port => int.Parse(port, CultureInfo.InvariantCulture))];
    }

    /// <summary>YAML as that type; a field that it does not have is a fault. Anchors are followed, and extensions (<c>x-...</c>) left out, as Compose does.</summary>
    public static T Yaml<T>(string path)
    {
        var whole = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(new MergingParser(new Parser(new StringReader(File.ReadAllText(path)))));
        var text = new SerializerBuilder().DisableAliases().Build().Serialize(whole.Where(pair => !pair.Key.StartsWith("x-", StringComparison.Ordinal)).ToDictionary());
        return new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).WithEnforceRequiredMembers().Build().Deserialize<T>(text);
    }

    /// <summary>An image is named with its version, so that the same file gives the same program.</summary>
    public static void HasFixedTag(string image) => Assert.Matches(new Regex(@"^[a-z0-9./-]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$"), image);

    /// <summary>Settings that hold a secret are files.</summary>
    public static void HasNoSecret(IEnumerable<KeyValuePair<string, string?>> environment) => Assert.DoesNotContain(
        environment,
        pair => Regex.IsMatch(pair.Key, @"(Password|ConnectionString|Hash|Token|Secrets?(__\d+)?)$", RegexOptions.IgnoreCase) && !string.IsNullOrEmpty(pair.Value));

    /// <summary>
    /// The settings as the silo program reads them: it must find no fault. What is in files, by their names, is made on the spot; of each other file that a setting names, the setting says which.
    /// </summary>
    /// <param name="environment">The variables of the environment.</param>
    /// <param name="settingFiles">The names of the files in the directory of settings.</param>
    public static (SiloProgramOptions Program, TagCacheOptions Cache) Read(IEnumerable<KeyValuePair<string, string?>> environment, params string[] settingFiles)
    {
        var folder = Directory.CreateTempSubdirectory("otc-deploy-").FullName;
        try
        {
            var given = environment.ToDictionary(pair => pair.Key.Replace("__", ":", StringComparison.Ordinal), pair => pair.Value);
            var settings = Directory.CreateDirectory(Path.Combine(folder, "settings")).FullName;
            foreach (var name in settingFiles)
            {
                File.WriteAllText(Path.Combine(settings, name), name switch
                {
                    "TagCache__Clustering__ConnectionString" => "127.0.0.1:6379\n",
                    _ => throw new ArgumentException($"There is no example of {name}."),
                });
            }

            var (keys, certificate, key) = (Path.Combine(folder, "keys.json"), Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"));
            KeysCommand.Run(["keys", "create", "--namespace", "default", "--scopes", "admin", "--file", keys], TextWriter.Null, TimeProvider.System);
            WriteCertificate(certificate, key);
            foreach (var (setting, file) in new[]
            {
                ("TagCache:SettingsDirectory", settings), ("TagCache:Access:File", keys),
                ("TagCache:Tls:Certificate", certificate), ("TagCache:Tls:Key", key), ("TagCache:Tls:Authority", certificate),
            })
            {
                if (given.ContainsKey(setting))
                {
                    given[setting] = file;
                }
            }

            using var configuration = new ConfigurationManager();
            configuration.AddInMemoryCollection(given);
            SettingFiles.AddTo(configuration);
            return (SettingsCheck.Read(configuration).Options, configuration.GetSection(TagCacheOptions.Section).Get<TagCacheOptions>()!);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void WriteCertificate(string certificate, string key)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=silo", own, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(new ClusterTlsOptions().SiloName);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(certificate, made.ExportCertificatePem());
        File.WriteAllText(key, own.ExportPkcs8PrivateKeyPem());
    }
}
