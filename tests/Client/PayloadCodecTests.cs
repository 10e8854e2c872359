using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Serialization;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Values as they are sent and stored: compressed, encrypted, both or neither, and back.</summary>
public sealed class PayloadCodecTests
{
    private const string Key = "default/key";

    private static readonly TypeMark Mark = new(42);
    private static readonly byte[] Repetitive = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a sentence that is said again and again; ", 100)));

    private readonly EphemeralDataProtectionProvider _keys = new();

    [Fact]
    public void Anything_ComesBackAsItWas_AndIsOfItsTypeOnlyThen() =>
        Gen.Select(Gen.Byte.Array[0, 2_000], Gen.Int[64, 500], Gen.Bool, Gen.Long).Sample((bytes, compressFrom, encrypts, mark) =>
        {
            var codec = Codec(compressFrom, encrypts);
            var payload = new Payload([.. bytes, .. bytes, .. bytes], "application/json", MadeAs: new(mark));

            var sent = codec.Encode(Key, Data(payload)).Payload;

            Assert.Equal(encrypts, sent.Coding.HasFlag(PayloadCoding.Protected));
            Assert.Equal(sent.Coding == PayloadCoding.None, sent.MadeAs == payload.MadeAs);
            var back = codec.Decode(Key, Data(sent)).Payload;
            Assert.Equal((payload.ContentType, payload.MadeAs, PayloadCoding.None), (back.ContentType, back.MadeAs, back.Coding));
            Assert.Equal(payload.Bytes, back.Bytes);
        });

    [Fact]
    public void Off_NothingIsTouched()
    {
        var data = Data(new(Repetitive, null));
        Assert.Same(data, Codec(null, encrypts: false).Encode(Key, data));
        Assert.Same(data, Codec(null, encrypts: false).Decode(Key, data));
    }

    [Fact]
    public void Compressed_IsWhatIsLongEnough_AndBecomesSmaller()
    {
        var codec = Codec(Repetitive.Length, encrypts: false);
        var sent = codec.Encode(Key, Data(new(Repetitive, null))).Payload;
        Assert.Equal(PayloadCoding.Brotli, sent.Coding);
        Assert.InRange(sent.Bytes.Length, 1, Repetitive.Length / 10);

        Assert.Equal(PayloadCoding.None, codec.Encode(Key, Data(new(Repetitive[1..], null))).Payload.Coding);
        Assert.Equal(PayloadCoding.None, codec.Encode(Key, Data(new(RandomNumberGenerator.GetBytes(10_000), null))).Payload.Coding);
    }

    [Fact]
    public void Null_HasNothingToEncode() => Assert.Same(Payload.Null, Codec(64, encrypts: true).Encode(Key, Data(Payload.Null)).Payload);

    [Fact]
    public void WhatIsEncoded_IsNotEncodedAgain()
    {
        var codec = Codec(64, encrypts: true);
        var sent = codec.Encode(Key, Data(new(Repetitive, null)));
        Assert.Same(sent, codec.Encode(Key, sent));
    }

    [Fact]
    public void Encrypted_HoldsNothingThatCanBeRead()
    {
        var sent = Codec(null, encrypts: true).Encode(Key, Data(new(Repetitive, null))).Payload;
        Assert.Equal(-1, sent.Bytes.AsSpan().IndexOf(Repetitive.AsSpan(0, 10)));
    }

    [Fact]
    public void Encrypted_IsOfItsKeyNamespaceAndApplicationAlone()
    {
        var sent = Codec(64, encrypts: true).Encode(Key, Data(new(Repetitive, null, MadeAs: Mark)));

        Assert.Equal(Repetitive, Codec(null, encrypts: false).Decode(Key, sent).Payload.Bytes);
        Unreadable(Codec(null, encrypts: false), "default/another key", sent);
        Unreadable(Codec(null, encrypts: false, ns: "another"), Key, sent);
        Unreadable(Codec(null, encrypts: false, keys: new EphemeralDataProtectionProvider()), Key, sent);
        Unreadable(Codec(null, encrypts: false, hasKeys: false), Key, sent);
    }

    [Fact]
    public void WhatWasChangedOnTheWay_IsNotRead() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 1_000_000], Gen.Byte[1, 255]).Sample((encrypts, at, change) =>
        {
            var codec = Codec(64, encrypts);
            var sent = codec.Encode(Key, Data(new(Repetitive, null, MadeAs: Mark)));
            var bytes = sent.Payload.Bytes.ToArray();
            bytes[at % bytes.Length] ^= change;

            var back = codec.Decode(Key, sent with { Payload = sent.Payload with { Bytes = bytes } }).Payload;

            // Brotli has no sum to check: what it gives may be another text, of the right length. What is encrypted cannot be another.
            Assert.True(back.Coding != PayloadCoding.None || (!encrypts && back.Bytes.Length == Repetitive.Length));
        });

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    [InlineData(PayloadCodec.MaximumBytes + 1)]
    [InlineData(10)]
    public void Compressed_ThatSaysThatItIsOfAnotherLength_IsNotRead(int length)
    {
        var codec = Codec(64, encrypts: false);
        var sent = codec.Encode(Key, Data(new(Repetitive, null, MadeAs: Mark)));
        BinaryPrimitives.WriteInt32LittleEndian(sent.Payload.Bytes, length);
        Unreadable(codec, Key, sent);
    }

    [Fact]
    public void AnEncodingOfALaterVersion_IsNotRead() =>
        Unreadable(Codec(64, encrypts: true), Key, Data(new(Repetitive, null, MadeAs: Mark, Coding: (PayloadCoding)4)));

    [Fact]
    public void Encryption_WithoutDataProtection_IsRefused()
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Codec(null, encrypts: true, hasKeys: false));
        Assert.StartsWith("TagCache:EncryptValues needs the application's data protection", refused.Message, StringComparison.Ordinal);
    }

    private static void Unreadable(PayloadCodec codec, string key, EntryData sent)
    {
        var back = codec.Decode(key, sent).Payload;
        Assert.Equal((sent.Payload.Coding, sent.Payload.MadeAs), (back.Coding, back.MadeAs));
        Assert.Same(sent.Payload.Bytes, back.Bytes);
    }

    private static EntryData Data(Payload payload) => new(payload, ["tag"], CopiedTags: null, CacheLife.Max);

    private PayloadCodec Codec(int? compressFrom, bool encrypts, string ns = "default", IDataProtectionProvider? keys = null, bool hasKeys = true)
    {
        var services = new ServiceCollection();
        if (hasKeys)
        {
            services.AddSingleton(keys ?? _keys);
        }

        return new(
            new() { CompressFromBytes = compressFrom, EncryptValues = encrypts, Namespace = ns }, services.BuildServiceProvider(), new LogOnce(), NullLogger<PayloadCodec>.Instance);
    }
}
