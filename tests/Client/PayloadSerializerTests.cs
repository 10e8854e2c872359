using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Contracts;
using OrleansTagCache.Serialization;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>What values become on the wire, and who decides it.</summary>
public sealed class PayloadSerializerTests
{
    [Fact]
    public void BytesAndText_GoAsTheyAre_UnlessTheyHaveASerializerOfTheirOwn()
    {
        var plain = new PayloadSerializer(new ServiceCollection().BuildServiceProvider());
        Assert.Equal([1, 2], plain.Serialize<byte[]>([1, 2]).Bytes);
        Assert.Equal("text", plain.Deserialize<string>(plain.Serialize("text")));

        var own = new PayloadSerializer(new ServiceCollection().AddSingleton<IHybridCacheSerializer<byte[]>, Reversed>().BuildServiceProvider());
        Assert.Equal([2, 1], own.Serialize<byte[]>([1, 2]).Bytes);
        Assert.Equal([1, 2], own.Deserialize<byte[]>(own.Serialize<byte[]>([1, 2])));
    }

    [Fact]
    public void Json_HasTheOptionsThatAreRegisteredForIt()
    {
        var options = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseUpper };
        var services = new ServiceCollection().AddKeyedSingleton<JsonSerializerOptions>(typeof(IHybridCacheSerializer<Pair>), options).BuildServiceProvider();
        Assert.Equal("""{"FIRST_ONE":1}""", Text(new PayloadSerializer(services).Serialize(new Pair(1))));
        Assert.Equal("""{"Number":2}""", Text(new PayloadSerializer(services).Serialize(new Fields { Number = 2 })));

        static string Text(Payload payload) => System.Text.Encoding.UTF8.GetString(payload.Bytes);
    }

    private struct Fields
    {
        public int Number;
    }

    private sealed record Pair(int FirstOne);

    private sealed class Reversed : IHybridCacheSerializer<byte[]>
    {
        public byte[] Deserialize(ReadOnlySequence<byte> source) => [.. source.ToArray().Reverse()];

        public void Serialize(byte[] value, IBufferWriter<byte> target) => target.Write(value.Reverse().ToArray());
    }
}
