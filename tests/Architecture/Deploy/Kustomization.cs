using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace OrleansTagCache.Tests.Architecture.Deploy;

/// <summary>The fields of a kustomization that ours uses.</summary>
internal sealed class Kustomization
{
    public required string ApiVersion { get; set; }

    public required string Kind { get; set; }

    public required string Namespace { get; set; }

    public required List<string> Resources { get; set; }

    public required List<Generator> SecretGenerator { get; set; }

    public required List<NewImage> Images { get; set; }

    public static Kustomization Read() => new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).WithEnforceRequiredMembers().Build()
        .Deserialize<Kustomization>(File.ReadAllText(DeployFiles.PathOf("kubernetes", "kustomization.yaml")));

    internal sealed class Generator
    {
        public required string Name { get; set; }

        public required List<string> Files { get; set; }

        public GeneratorOptions? Options { get; set; }
    }

    internal sealed class GeneratorOptions
    {
        public bool DisableNameSuffixHash { get; set; }
    }

    internal sealed class NewImage
    {
        public required string Name { get; set; }

        public required string NewTag { get; set; }
    }
}
