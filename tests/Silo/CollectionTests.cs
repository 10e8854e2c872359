using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
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

    /// <summary>The runtime may make the collection that was asked for a blocking one: it says how much is live, not the one in the background before it.</summary>
    [Fact]
    public void Memory_AfterABlockingCollectionThatFoundLittle_IsGivenBack()
    {
        // Beside what other tests have left.
        var memory = new MemoryCollections(GC.GetTotalMemory(forceFullCollection: true) + MemoryCollections.FewLiveBytes);
        AskWhileMuchIsLive(memory);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);

        var before = GC.CollectionCount(GC.MaxGeneration);
        Assert.False(memory.TryTake(0, TimeSpan.FromSeconds(21)));
        Assert.InRange(GC.CollectionCount(GC.MaxGeneration), before + 1, int.MaxValue);
    }

    [Fact]
    public void Program_HearsOfWhatWasSwept() => Assert.IsType<MemoryCollections>(silo.Get<IFreedMemory>());

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AskWhileMuchIsLive(MemoryCollections memory)
    {
        var live = Enumerable.Range(0, 300).Select(_ => new byte[1 << 20]).ToArray();
        Assert.True(memory.TryTake(1L << 30, TimeSpan.FromSeconds(10)));
        GC.KeepAlive(live);
    }
}
