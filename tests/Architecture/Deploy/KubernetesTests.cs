using System.Globalization;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Configuration;
using OrleansTagCache.Silo.StartUp;
using Xunit;

namespace OrleansTagCache.Tests.Architecture.Deploy;

/// <summary>The manifests against Kubernetes' own types, in which an unknown field is a fault, and against the silo program's settings.</summary>
public sealed class KubernetesTests
{
    private static readonly Dictionary<string, Type> Others = new()
    {
        ["cert-manager.io/v1/Issuer"] = typeof(CertManagerIssuer),
        ["cert-manager.io/v1/Certificate"] = typeof(CertManagerCertificate),
    };

    private readonly Kustomization _kustomization = Kustomization.Read();
    private readonly List<object> _all;

    public KubernetesTests() => _all =
        [.. _kustomization.Resources.SelectMany(file => KubernetesYaml.LoadAllFromString(File.ReadAllText(DeployFiles.PathOf("kubernetes", file)), Others, strict: true))];

    private V1StatefulSet Silos => One<V1StatefulSet>("tagcache");

    private V1PodSpec Pod => Silos.Spec.Template.Spec;

    private V1Container Silo => Assert.Single(Pod.Containers);

    private Dictionary<string, string?> Environment => One<V1ConfigMap>(Assert.Single(Silo.EnvFrom).ConfigMapRef.Name).Data.ToDictionary(pair => pair.Key, pair => (string?)pair.Value);

    [Fact]
    public void Kustomization_HasEveryManifest() => Assert.Equal(
        Directory.GetFiles(DeployFiles.PathOf("kubernetes"), "*.yaml").Select(Path.GetFileName).Where(file => file != "kustomization.yaml").Order(StringComparer.Ordinal),
        _kustomization.Resources.Order(StringComparer.Ordinal));

    [Fact]
    public void Settings_AreThoseOfTheSilo()
    {
        var environment = Environment;
        foreach (var own in Silo.Env)
        {
            Assert.Equal("status.podIP", own.ValueFrom.FieldRef.FieldPath);
            environment[own.Name] = "10.0.0.1";
        }

        DeployFiles.HasNoSecret(environment);
        var (program, cache) = DeployFiles.Read(environment, SettingFiles());

        Assert.Equal("10.0.0.1", program.AdvertisedAddress);
        Assert.True(program.Tls.IsWanted);
        var pause = TimeSpan.FromSeconds(Silo.Lifecycle.PreStop.Sleep.Seconds);
        Assert.True(TimeSpan.FromSeconds(Pod.TerminationGracePeriodSeconds!.Value) >= pause + cache.HandoverTimeout + DeployFiles.StopMargin, "The pod is killed before its silo has handed its entries over.");
    }

    /// <summary>Each file that a setting names is in a volume, from a secret that has it.</summary>
    [Fact]
    public void FilesOfSettings_AreMounted()
    {
        var files = Environment.Where(pair => pair.Value!.StartsWith("/etc/", StringComparison.Ordinal) && pair.Key != "TagCache__SettingsDirectory").ToArray();

        Assert.Equal(4, files.Length);
        Assert.All(files, file => Assert.Contains(Path.GetFileName(file.Value), FilesOf(Path.GetDirectoryName(file.Value)!)));
        Assert.Equal(["TagCache__Clustering__ConnectionString"], SettingFiles());
    }

    [Fact]
    public void Ports_AreThoseOfTheImageAndTheDefaults()
    {
        var ports = Silo.Ports.ToDictionary(port => port.Name, port => port.ContainerPort);
        var (program, _) = DeployFiles.Read(Environment, SettingFiles());

        Assert.Equal(DeployFiles.ImagePorts().Order(), ports.Values.Order());
        Assert.Equal((program.SiloPort, program.GatewayPort), (ports["silo"], ports["gateway"]));
        var named = _all.OfType<V1Service>().SelectMany(service => service.Spec.Ports.Select(port => (port.TargetPort.Value, port.Port))).ToArray();
        Assert.Equal(3, named.Length);
        Assert.All(named, port => Assert.Equal(ports[port.Value], port.Port));
        Assert.All(Probes(), probe => Assert.Equal("http", probe.HttpGet.Port.Value));
        Assert.All(Policy().SelectMany(rule => rule.Ports), port => Assert.Contains(port.Port.Value, ports.Keys));
    }

    [Fact]
    public void Probes_AskWhatTheyAreFor()
    {
        Assert.Equal(["/health/ready", "/health/ready", "/health/live"], Probes().Select(probe => probe.HttpGet.Path));
    }

    /// <summary>As the manifests are, and with the example of HTTPS on the page: an endpoint that is named makes the image's HTTP_PORTS void.</summary>
    [Fact]
    public void Silos_ListenWhereTheyAreAsked()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "how-to", "deploy-kubernetes.md"));
        var example = Regex.Matches(page, @"^ *(?<name>Kestrel__\w+): (?<value>\S+)$", RegexOptions.Multiline).ToDictionary(line => line.Groups["name"].Value, line => (string?)line.Groups["value"].Value);
        var https = int.Parse(Regex.Match(page, @"name: https\n *containerPort: (\d+)$", RegexOptions.Multiline).Groups[1].Value, CultureInfo.InvariantCulture);
        var probed = Silo.Ports.Single(port => port.Name == Probes()[0].HttpGet.Port.Value).ContainerPort;

        Assert.Equal([probed], Listening(Environment));
        Assert.Equal([probed, https], Listening([.. Environment, .. example]).Order());
        Assert.Contains($"port: {https}\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Policy_LetsOnlySilosReachTheSiloPort()
    {
        Assert.Equal(["Ingress"], One<V1NetworkPolicy>("tagcache").Spec.PolicyTypes);
        Assert.Equal(Silos.Spec.Selector.MatchLabels, One<V1NetworkPolicy>("tagcache").Spec.PodSelector.MatchLabels);
        var silos = Assert.Single(Policy(), rule => rule.Ports.Any(port => port.Port.Value == "silo"));
        Assert.Equal(Silos.Spec.Selector.MatchLabels, Assert.Single(silos.FromProperty).PodSelector.MatchLabels);
        Assert.All(Policy().Except([silos]).SelectMany(rule => rule.FromProperty), from => Assert.True(from is { NamespaceSelector.MatchLabels.Count: > 0, PodSelector.MatchLabels.Count: > 0 }));
    }

    [Fact]
    public void Silos_AreSelectedByWhatTheyAreLabelled()
    {
        var labels = Silos.Spec.Template.Metadata.Labels;
        Assert.Equal(3, Silos.Spec.Replicas);
        Assert.Equal(labels, Silos.Spec.Selector.MatchLabels);
        Assert.Equal(labels, One<V1PodDisruptionBudget>("tagcache").Spec.Selector.MatchLabels);
        Assert.Equal(("1", null), (One<V1PodDisruptionBudget>("tagcache").Spec.MaxUnavailable.Value, One<V1PodDisruptionBudget>("tagcache").Spec.UnhealthyPodEvictionPolicy));
        Assert.All(_all.OfType<V1Service>(), service => Assert.Equal(labels, service.Spec.Selector));
        Assert.Equal("None", One<V1Service>(Silos.Spec.ServiceName).Spec.ClusterIP);
        Assert.All(Pod.TopologySpreadConstraints, spread => Assert.Equal(labels, spread.LabelSelector.MatchLabels));
    }

    [Fact]
    public void Silos_HaveNoRights()
    {
        Assert.False(Pod.AutomountServiceAccountToken);
        Assert.False(One<V1ServiceAccount>(Pod.ServiceAccountName).AutomountServiceAccountToken);
        Assert.True(Pod.SecurityContext is { RunAsNonRoot: true, RunAsUser: > 0, SeccompProfile.Type: "RuntimeDefault" });
        Assert.True(Silo.SecurityContext is { AllowPrivilegeEscalation: false, ReadOnlyRootFilesystem: true, Capabilities.Drop: ["ALL"] });
        Assert.Equal(Silo.Resources.Requests["memory"], Silo.Resources.Limits["memory"]);
    }

    [Fact]
    public void Image_IsOneVersion()
    {
        var image = Assert.Single(_kustomization.Images);
        DeployFiles.HasFixedTag(Silo.Image);
        Assert.Equal($"{image.Name}:{image.NewTag}", Silo.Image);
    }

    [Fact]
    public void Certificates_HaveTheNamesThatTheClusterAsksFor()
    {
        var (defaults, certificates) = (new ClusterTlsOptions(), _all.OfType<CertManagerCertificate>().ToDictionary(certificate => certificate.Metadata.Name, certificate => certificate.Spec));

        Assert.Equal([defaults.SiloName], certificates["tagcache-silo"].DnsNames);
        Assert.Equal([defaults.ClientName], certificates["tagcache-client"].DnsNames);
        Assert.Equal(["digital signature", "server auth", "client auth"], certificates["tagcache-silo"].Usages);
        Assert.Equal(["digital signature", "client auth"], certificates["tagcache-client"].Usages);
        var issuers = _all.OfType<CertManagerIssuer>().ToDictionary(issuer => issuer.Metadata.Name, issuer => issuer.Spec);
        Assert.All(certificates.Values, certificate => Assert.Contains(certificate.IssuerRef.Name, issuers.Keys));
        Assert.Equal(certificates["tagcache-authority"].SecretName, issuers[certificates["tagcache-silo"].IssuerRef.Name].Ca!.SecretName);
    }

    [Fact]
    public void Secrets_AreNotInTheManifests() => Assert.Empty(_all.OfType<V1Secret>());

    private static IEnumerable<int> Listening(IEnumerable<KeyValuePair<string, string?>> environment)
    {
        using var configuration = new ConfigurationManager();
        configuration["HTTP_PORTS"] = "8080";
        configuration.AddInMemoryCollection(environment.Select(pair => KeyValuePair.Create(pair.Key.Replace("__", ":", StringComparison.Ordinal), pair.Value)));
        Addresses.AddDefault(configuration);
        Assert.Empty(Addresses.Faults(configuration, loopbackOnly: false));
        return Addresses.Ports(configuration).Select(at => at.Port);
    }

    private V1Probe[] Probes() => [Silo.StartupProbe, Silo.ReadinessProbe, Silo.LivenessProbe];

    private IList<V1NetworkPolicyIngressRule> Policy() => One<V1NetworkPolicy>("tagcache").Spec.Ingress;

    private string[] SettingFiles() => FilesOf(Environment["TagCache__SettingsDirectory"]!);

    /// <summary>The files of the secret that is mounted there.</summary>
    private string[] FilesOf(string directory)
    {
        var volume = Assert.Single(Silo.VolumeMounts, mount => mount.MountPath == directory).Name;
        var secret = Assert.Single(Pod.Volumes, each => each.Name == volume).Secret.SecretName;
        return _all.OfType<CertManagerCertificate>().Any(certificate => certificate.Spec.SecretName == secret)
            ? ["tls.crt", "tls.key", "ca.crt"]
            : [.. Assert.Single(_kustomization.SecretGenerator, generator => generator.Name == secret).Files.Select(file => Path.GetFileName(file))];
    }

    private T One<T>(string name)
        where T : IKubernetesObject<V1ObjectMeta> =>
        Assert.Single(_all.OfType<T>(), each => each.Metadata.Name == name);
}
