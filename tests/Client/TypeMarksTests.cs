using System.Runtime.Serialization;
using OrleansTagCache.Serialization;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>The names that types go by, in every process and every version of a program.</summary>
public sealed class TypeMarksTests
{
    [Theory]
    [InlineData(typeof(int), "System.Int32")]
    [InlineData(typeof(int?), "System.Int32")]
    [InlineData(typeof(byte[]), "byte[]")]
    [InlineData(typeof(List<byte>), "[System.Byte]")]
    [InlineData(typeof(int[]), "[System.Int32]")]
    [InlineData(typeof(IReadOnlyList<int?>), "[System.Int32]")]
    [InlineData(typeof(HashSet<int>), "System.Collections.Generic.HashSet`1<System.Int32>")]
    [InlineData(typeof(int[,]), "System.Int32[,]")]
    [InlineData(typeof(IReadOnlyDictionary<string, List<int>>), "[System.String:[System.Int32]]")]
    [InlineData(typeof((int, string)), "System.ValueTuple`2<System.Int32,System.String>")]
    [InlineData(typeof(Product), "OrleansTagCache.Tests.Client.TypeMarksTests+Product")]
    [InlineData(typeof(Box<Product[]>), "OrleansTagCache.Tests.Client.TypeMarksTests+Box`1<[OrleansTagCache.Tests.Client.TypeMarksTests+Product]>")]
    [InlineData(typeof(Renamed), "tests.product")]
    [InlineData(typeof(List<Renamed>), "[tests.product]")]
    public void NameOf_AType_IsAsItIsWritten(Type type, string name) => Assert.Equal(name, TypeMarks.NameOf(type));

    /// <summary>The compiler numbers them anew in every build.</summary>
    [Fact]
    public void NameOf_ATypeWithoutAName_IsItsProperties() => Assert.Equal(
        "{Id:System.Int32;Tags:[System.String];Inner:{Price:System.Decimal}}",
        TypeMarks.NameOf(new { Id = 1, Tags = new List<string>(), Inner = new { Price = 1m } }.GetType()));

    private sealed record Product(int Id);

    private sealed record Box<T>(T Value);

    [DataContract(Name = "tests.product")]
    private sealed record Renamed(int Id);
}
