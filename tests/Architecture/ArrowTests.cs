using System.Reflection;
using NetArchTest.Rules;
using Xunit;

namespace OrleansTagCache.Tests.Architecture;

/// <summary>Dependencies go one way: between the assemblies, and between the folders of each.</summary>
public sealed class ArrowTests
{
    /// <summary>The namespace of the public types, which every folder uses, and of the cache itself, which uses every folder: it is no folder.</summary>
    private const string Root = "OrleansTagCache";

    public static TheoryData<string> Assemblies => ["Core", "Client", "Grains", "AspNetCore", "EntityFrameworkCore", "Http", "Cli"];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Folders_OfAnAssembly_PointOneWay(string name)
    {
        var assembly = Named(name);
        var folders = assembly.GetTypes()
            .Where(type => type.Namespace?.StartsWith($"{Root}.", StringComparison.Ordinal) == true && type.DeclaringType is null)
            .GroupBy(type => type.Namespace!)
            .ToDictionary(group => group.Key, group => group.Select(type => type.FullName!).ToArray());
        Assert.True(folders.Count > 2, $"{name} has the folders {string.Join(", ", folders.Keys)}.");

        var arrows = (from source in folders.Keys from target in folders.Keys where source != target && Uses(assembly, source, folders[target]) select (source, target)).ToHashSet();
        var bothWays = arrows.Where(arrow => string.CompareOrdinal(arrow.source, arrow.target) < 0 && arrows.Contains((arrow.target, arrow.source)));

        var found = bothWays.Select(arrow => $"{arrow.source} <-> {arrow.target}: {Users(assembly, arrow.source, folders[arrow.target])}; {Users(assembly, arrow.target, folders[arrow.source])}").ToList();
        Assert.True(found.Count == 0, string.Join(Environment.NewLine, found));
    }

    [Theory]
    [InlineData("Core", "")]
    [InlineData("Client", "Core")]
    [InlineData("AspNetCore", "Client Core")]
    [InlineData("EntityFrameworkCore", "Client Core")]
    [InlineData("Grains", "Client Core")]
    [InlineData("Http", "Client Core Grains")]
    [InlineData("Outbound", "")]
    [InlineData("TestCache", "Client Core Grains")]
    [InlineData("Cli", "")]
    [InlineData("Tls", "Client Core")]
    public void Assembly_KnowsOnlyTheseOthers(string name, string others) => Assert.Equal(
        others,
        string.Join(' ', Named(name).GetReferencedAssemblies().Select(other => other.Name!).Where(other => other.StartsWith($"{Root}.", StringComparison.Ordinal)).Select(other => other[(Root.Length + 1)..]).Order(StringComparer.Ordinal)));

    /// <summary>A client application does not get the silo's runtime, nor what it depends on. <c>Tls</c> shows that the search finds it.</summary>
    [Theory]
    [InlineData("Client", false)]
    [InlineData("AspNetCore", false)]
    [InlineData("EntityFrameworkCore", false)]
    [InlineData("Tls", true)]
    public void Package_BringsTheRuntimeOfSilos_OrDoesNot(string name, bool does) => Assert.Equal(
        does,
        File.ReadAllText(Path.Combine(Repository.Root, "src", name, "obj", "project.assets.json")).Contains("\"Microsoft.Orleans.Runtime/", StringComparison.Ordinal));

    private static Assembly Named(string name) => Assembly.Load($"{Root}.{name}");

    private static bool Uses(Assembly assembly, string source, string[] targets) => Users(assembly, source, targets).Length > 0;

    private static string Users(Assembly assembly, string source, string[] targets) => string.Join(
        ", ",
        Types.InAssembly(assembly).That().ResideInNamespaceMatching($"^{source.Replace(".", "\\.", StringComparison.Ordinal)}$").And().HaveDependencyOnAny(targets).GetTypes().Select(type => type.FullName));
}
