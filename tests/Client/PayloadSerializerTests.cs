using System.Buffers;
using System.Collections.Concurrent;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using OrleansTagCache.Contracts;
using OrleansTagCache.Serialization;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>What values become on the wire, and who decides it.</summary>
public sealed class PayloadSerializerTests
{
    private readonly PayloadSerializer _plain = new(new ServiceCollection().BuildServiceProvider());
    private readonly PayloadSerializer _own = new(new ServiceCollection().AddSingleton<IHybridCacheSerializer<byte[]>, Reversed>().BuildServiceProvider());

    [Fact]
    public void BytesAndText_GoAsTheyAre_UnlessTheyHaveASerializerOfTheirOwn()
    {
        Assert.Equal([1, 2], _plain.Serialize<byte[]>([1, 2]).Bytes);
        Assert.Equal("text", Read<string>(_plain, _plain.Serialize("text")));

        Assert.Equal([2, 1], _own.Serialize<byte[]>([1, 2]).Bytes);
        Assert.Equal([1, 2], Read<byte[]>(_own, _own.Serialize<byte[]>([1, 2])));
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

    /// <summary>Each of these texts could be read as the other type, as a value that nobody made.</summary>
    [Fact]
    public void Read_AsATypeThatTheValueIsNot_IsNone()
    {
        Assert.False(_plain.TryDeserialize<Pair>(_plain.Serialize(new Triple(1)), out _));
        Assert.False(_plain.TryDeserialize<long>(_plain.Serialize(1), out _));
        Assert.False(_plain.TryDeserialize<int>(_plain.Serialize("5"), out _));
        Assert.False(_plain.TryDeserialize<byte[]>(_plain.Serialize("5"), out _));
        Assert.False(_plain.TryDeserialize<string>(_plain.Serialize(5), out _));
        Assert.False(_plain.TryDeserialize<HashSet<int>>(_plain.Serialize(new List<int> { 1, 1 }), out _));
        Assert.False(_plain.TryDeserialize<Pair>(_plain.Serialize<object>(new Pair(1)), out _));
        Assert.False(_plain.TryDeserialize<int>(_plain.Serialize<int?>(null), out _));
        Assert.False(_own.TryDeserialize<byte[]>(_plain.Serialize<byte[]>([1]), out _));
    }

    [Fact]
    public void Read_AsATypeThatTheValueIsToo_IsTheValue()
    {
        Assert.Equal(5, Read<int?>(_plain, _plain.Serialize(5)));
        Assert.Null(Read<Pair?>(_plain, _plain.Serialize<Triple?>(null)));
        Assert.Equal([1, 2], Read<IReadOnlyList<int>>(_plain, _plain.Serialize<int[]>([1, 2])));
        Assert.Equal(1, Read<IReadOnlyDictionary<string, int>>(_plain, _plain.Serialize(new Dictionary<string, int> { ["a"] = 1 }))["a"]);
    }

    [Theory]
    [InlineData("5", null, true, true)]
    [InlineData("5", "application/json", true, true)]
    [InlineData("5", "Application/Vnd.Api+JSON; profile=x", true, true)]
    [InlineData("5", "text/json; charset=utf-8", true, true)]
    [InlineData("5", "application/x-www-form-urlencoded", true, true)]
    [InlineData("5", "text/plain", false, true)]
    [InlineData("5", "application/octet-stream", false, false)]
    [InlineData("garbage", "application/json", false, true)]
    public void Read_OfWhatAProgramStored_IsWhatItsContentTypeAllows(string body, string? contentType, bool asNumber, bool asText)
    {
        var payload = new Payload(Encoding.UTF8.GetBytes(body), contentType);
        Assert.Equal((asNumber, asNumber ? 5 : 0), (_plain.TryDeserialize<int>(payload, out var number), number));
        Assert.Equal((asText, asText ? body : null), (_plain.TryDeserialize<string>(payload, out var text), text));
        Assert.Equal(payload.Bytes, Read<byte[]>(_plain, payload));
    }

    [Theory]
    [InlineData("text/plain;charset=LATIN1", "é")]
    [InlineData("text/plain; charset=\"utf-16\"; x=y", "\u00e9")]
    [InlineData("text/plain", null)]
    [InlineData("text/plain; charset=klingon", null)]
    public void Read_OfTextInAnEncoding_IsThatTextOrNone(string contentType, string? text)
    {
        byte[] bytes = contentType.Contains("16", StringComparison.Ordinal) ? [0xe9, 0] : [0xe9];
        Assert.Equal((text is not null, text), (_plain.TryDeserialize<string>(new(bytes, contentType), out var read), read));
    }

    [Fact]
    public void Write_GivesItsCallerWhatEverybodyReads()
    {
        Assert.NotNull(_plain.TryWrite<Animal>(new Dog { Name = "Rex", Tricks = 3 }, 1_000, out var animal));
        Assert.Equal((typeof(Animal), "Rex"), (animal.GetType(), animal.Name));
        Assert.NotNull(_plain.TryWrite(new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) { ["a"] = 1 }, 1_000, out var map));
        Assert.False(map.ContainsKey("A"));
        Assert.NotNull(_plain.TryWrite<object>(new Pair(1), 1_000, out var any));
        Assert.IsType<JsonElement>(any);
        Assert.NotNull(_plain.TryWrite("\ud800", 1_000, out var text));
        Assert.Equal("\ufffd", text);
        Assert.NotNull(_plain.TryWrite(new ConcurrentDictionary<string, int>(Enumerable.Range(0, 1_000).Select(i => KeyValuePair.Create($"key{i}", i))), 100_000, out var many));
        Assert.Equal(1_000, many.Count);
    }

    /// <summary>Others would get a value that nobody made, or none.</summary>
    [Fact]
    public void Write_OfWhatDoesNotComeBack_LeavesItToItsCaller()
    {
        Stays(new BigInteger(5));
        Stays(Account.With(100));
        Stays(Lines.With(1));
        Stays<IShape>(new Circle(1));
        Stays(new Ring());
        Stays<Func<int>>(() => 1);
        Stays(new Throwing(OnWrite: true));
        Stays(new Throwing(OnWrite: false));

        void Stays<T>(T value)
            where T : notnull
        {
            Assert.Null(_plain.TryWrite(value, 1_000, out var own));
            Assert.Equal<object>(value, own);
        }
    }

    [Fact]
    public void Write_OfMoreThanMayBeStored_IsNotReadBack()
    {
        var value = new Pair(1);
        Assert.NotNull(_plain.TryWrite(value, 5, out var own));
        Assert.Same(value, own);
    }

    private static T Read<T>(PayloadSerializer serializer, Payload payload) =>
        serializer.TryDeserialize<T>(payload, out var value) ? value : throw new InvalidOperationException("It could not be read.");

    private class Animal
    {
        public string? Name { get; set; }
    }

    private sealed class Dog : Animal
    {
        public int Tricks { get; set; }
    }

    private sealed class Account
    {
        public decimal Total { get; private set; }

        public static Account With(decimal total) => new() { Total = total };
    }

    private sealed class Lines
    {
        private readonly List<int> _all = [];

        public IReadOnlyCollection<int> All => _all;

        public static Lines With(int line)
        {
            var lines = new Lines();
            lines._all.Add(line);
            return lines;
        }
    }

    private interface IShape
    {
        double Size { get; }
    }

    private sealed record Circle(double Size) : IShape;

    private sealed class Ring
    {
        public Ring Next => this;
    }

    private sealed record Triple(int FirstOne);

    [JsonConverter(typeof(ThrowingConverter))]
    private sealed record Throwing(bool OnWrite);

    private sealed class ThrowingConverter : JsonConverter<Throwing>
    {
        public override Throwing Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new KeyNotFoundException("Reading.");

        public override void Write(Utf8JsonWriter writer, Throwing value, JsonSerializerOptions options)
        {
            if (value.OnWrite)
            {
                throw new TimeoutException("Writing.");
            }

            writer.WriteNumberValue(1);
        }
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
