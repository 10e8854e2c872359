using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using OrleansTagCache.Entries;
using OrleansTagCache.Silo;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>Collections of memory are the program's to ask for: the libraries live in processes of others.</summary>
[Collection(SiloCollection.Name)]
public sealed class CollectionTests(SiloServer silo)
{
    [Theory]
    [InlineData("OrleansTagCache.Core", false)]
    [InlineData("OrleansTagCache.Client", false)]
    [InlineData("OrleansTagCache.Grains", false)]
    [InlineData("OrleansTagCache.AspNetCore", false)]
    [InlineData("OrleansTagCache.Silo", true)]
    public void Assembly_OfALibrary_AsksForNoCollection(string name, bool asks)
    {
        using var file = new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, $"{name}.dll")));
        var metadata = file.GetMetadataReader();

        Assert.Equal(asks, metadata.MemberReferences.Select(metadata.GetMemberReference).Any(IsCollect));

        bool IsCollect(MemberReference member) => metadata.GetString(member.Name) == nameof(GC.Collect)
            && member.Parent.Kind == HandleKind.TypeReference
            && metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)member.Parent).Name) == nameof(GC);
    }

    [Fact]
    public void Program_HearsOfWhatWasSwept() => Assert.IsType<MemoryCollections>(silo.Get<IFreedMemory>());
}
