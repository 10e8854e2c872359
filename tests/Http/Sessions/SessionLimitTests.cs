using System.Diagnostics.Metrics;
using System.Net.WebSockets;
using OrleansTagCache.Contracts;
using OrleansTagCache.Diagnostics;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Http.Limits;
using OrleansTagCache.Http.Sessions;
using OrleansTagCache.Lifetimes;
using OrleansTagCache.Names;
using OrleansTagCache.Transport;
using Xunit;

namespace OrleansTagCache.Tests.Http;

/// <summary>When connections are refused, and when they are ended.</summary>
public sealed class SessionLimitTests(SmallSessionSilo silo) : IClassFixture<SmallSessionSilo>
{
    private Uri Silo => silo.Http.BaseAddress!;

    [Fact]
    public async Task Connections_BeyondTheLimits_AreRefusedUntilOneEnds()
    {
        var (first, _) = await SessionCaller.Open(Silo, silo.Keys[0]);
        var (second, _) = await SessionCaller.Open(Silo, silo.Keys[0]);
        Assert.Contains("TagCache:Limits:SessionsPerKey", await Refusal(silo.Keys[0]), StringComparison.Ordinal);
        var (third, _) = await SessionCaller.Open(Silo, silo.Keys[1]);
        Assert.Contains("TagCache:Limits:Sessions)", await Refusal(silo.Keys[1]), StringComparison.Ordinal);

        await first.Send(FrameKind.Leave);
        Assert.Empty(await first.UntilClosed());
        second.Abort();
        third.Abort();
        await silo.NoRequestRuns();
        var (another, _) = await SessionCaller.Open(Silo, silo.Keys[0]);
        await another.Send(FrameKind.Leave);
        Assert.Empty(await another.UntilClosed());
        await silo.NoRequestRuns();
    }

    [Fact]
    public async Task Call_ThatIsNoUpgrade_IsToldSo()
    {
        using var http = silo.With(silo.Keys[0]);
        var answer = await http.Ask("/v1/session");
        answer.IsProblem(426, "upgrade_required");
        Assert.Equal("websocket", answer.Header("Upgrade"));
    }

    [Fact]
    public async Task Key_ThatIsRevoked_EndsItsConnection_AndItIsToldNothingMore()
    {
        var (id, text) = silo.AddKey();
        await silo.Knows(text);
        using var http = silo.With(silo.Keys[0]);
        (await http.Put("revoked", "one", "&tag=revoked")).IsDone();
        var (caller, _) = await SessionCaller.Open(Silo, text);
        await using var ending = caller;
        await caller.Acquire("revoked");
        Assert.True(EntryTold.Of(await caller.Next(FrameKind.Entry)).MayKeep);
        silo.RemoveKey(id);
        while (silo.Get<ApiKeyRing>().Find(text) is not null)
        {
            await caller.Send(FrameKind.Renew);
            if (await caller.Next() is null or { Kind: FrameKind.End })
            {
                break;
            }
        }

        // It hears of no update, and is not waited for once its lease is over.
        Assert.Equal(200, (await http.Update("revoked")).Status);
        Assert.DoesNotContain(FrameKind.Push, await caller.UntilClosed());
        await silo.NoRequestRuns();
    }

    [Fact]
    public async Task Key_ThatIsRevokedWhileItsReadWaits_IsNotToldTheValue()
    {
        var (id, text) = silo.AddKey();
        await silo.Knows(text);
        using var http = silo.With(silo.Keys[0]);
        var token = await http.TakeToken("waits");
        var (caller, _) = await SessionCaller.Open(Silo, text);
        await using var ending = caller;
        var limits = silo.Get<RequestLimits>();
        var waiting = Events.On(CacheEvent.QuotaChanged).Until(() => limits.WaitingReads.Taken > 0);
        await caller.Acquire("waits", wait: 30_000);
        await waiting;
        silo.RemoveKey(id);
        await silo.Knows(text, isThere: false);

        (await http.Put("waits", "one", token: token)).IsDone();
        Assert.DoesNotContain(FrameKind.Entry, await caller.UntilClosed());
        await silo.NoRequestRuns();
    }

    [Fact]
    public async Task Reader_ThatReadsNothing_IsCutOff()
    {
        using var http = silo.With(silo.Keys[0]);
        (await http.Put("large", new string('v', 60_000), "&tag=large")).IsDone();
        var (caller, _) = await SessionCaller.Open(Silo, silo.Keys[0]);
        await using var ending = caller;
        try
        {
            for (var i = 0; i < 2_000; i++)
            {
                await caller.Acquire("large");
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            // It was cut off while it asked.
        }

        await silo.NoRequestRuns();
    }

    /// <summary>Otherwise each connection could have the silo hold as many of the largest values as there may be requests.</summary>
    [Fact]
    public async Task Answers_ThatWaitForTheirReader_AreRefusedBeyondABound_UntilItReads()
    {
        const int Asked = 30;
        const int Size = 2 * 1024 * 1024;
        using var http = silo.With(silo.Keys[0]);
        for (var i = 0; i < Asked; i++)
        {
            (await http.Put($"unread {i}", new string('v', Size), "&tag=unread&life=hours")).IsDone();
        }

        // Then each read finds a value, and the token to make another.
        Assert.Equal(200, (await http.Post("/v1/tags/revalidate", new { tags = new[] { "unread" }, profile = "max" })).Status);
        var (caller, _) = await SessionCaller.Open(Silo, silo.Keys[0]);
        await using var ending = caller;
        var keys = new Dictionary<uint, string>();
        var answered = Answered(Asked, out var listener);
        using (listener)
        {
            for (var i = 0; i < Asked; i++)
            {
                keys[await caller.Acquire($"unread {i}")] = $"unread {i}";
            }

            await answered;
        }

        var refused = new List<string>();
        for (var i = 0; i < Asked; i++)
        {
            var told = (await caller.Next())!;
            if (told.Kind == FrameKind.Entry)
            {
                Assert.NotEmpty(EntryTold.Of(told).Token);
            }
            else
            {
                Assert.Equal((FrameKind.Refused, 503, "overloaded"), (told.Kind, told.Short(), told.Text()));
                refused.Add(keys[told.Request]);
            }
        }

        // Some of what was sent waits in the buffers of the connection, and not in the silo.
        Assert.InRange(refused.Count, 1, Asked - (int)(SessionConnection.MaximumUnread / (Size + 1024)));
        foreach (var key in refused)
        {
            Assert.NotNull((await http.Read(key)).Token);
        }

        // It has read.
        await caller.Acquire(refused[0]);
        Assert.Equal(Size, EntryTold.Of(await caller.Next(FrameKind.Entry)).Value.Length);
        await caller.Send(FrameKind.Leave);
        Assert.Empty(await caller.UntilClosed());
        await silo.NoRequestRuns();
    }

    /// <summary>Otherwise each of the requests in flight could have a value decoded that is then refused.</summary>
    [Fact]
    public async Task EncodedValue_ForWhichThereIsNoRoom_IsNotDecoded()
    {
        using var http = silo.With(silo.Keys[0]);
        (await http.Put("decoded", new string('v', 3 * 1024 * 1024), "&tag=decoded&life=hours")).IsDone();

        // It says that it has 60 MiB, and cannot be decoded: then it counts as encrypted.
        var scopedKey = CacheNamespace.Parse("shop").Scope("encoded");
        var entry = new EntryData(new([0, 0, 0xC0, 3, 1, 2, 3], "text/plain") { Coding = PayloadCoding.Brotli }, [], CopiedTags: null, CacheLife.Max);
        Assert.Equal(CommitStatus.Stored, (await silo.Get<UpdateClient>().Set(scopedKey, entry, silo.Get<TimeProvider>().Now(), SessionCaller.Patience, CancellationToken.None)).Status);
        var (caller, _) = await SessionCaller.Open(Silo, silo.Keys[0]);
        await using var ending = caller;
        await caller.Acquire("encoded");
        Assert.Equal(406, (await caller.Next(FrameKind.Refused)).Short());

        // More than the buffers of the connection take, and less than may wait.
        const int Asked = 10;
        var answered = Answered(Asked, out var listener);
        using (listener)
        {
            for (var i = 0; i < Asked; i++)
            {
                await caller.Acquire("decoded");
            }

            await answered;
        }

        var request = await caller.Acquire("encoded");
        var told = await caller.Next(FrameKind.Refused);
        Assert.Equal((request, 503, "overloaded"), (told.Request, told.Short(), told.Text()));
        await caller.Send(FrameKind.Leave);
        Assert.DoesNotContain(FrameKind.Refused, await caller.UntilClosed());
        await silo.NoRequestRuns();
    }

    /// <summary>A push that was told in no frame would hold its update up until the lease is over, again and again.</summary>
    [Fact]
    public void Push_OfMoreNamesThanAFrameHas_IsOfEverything()
    {
        var ns = CacheNamespace.Default;
        Assert.Equal(3, Names(3, long.MaxValue).Length);
        Assert.Equal(ushort.MaxValue, Names(ushort.MaxValue, long.MaxValue).Length);
        Assert.Equal(["tag *"], Names(ushort.MaxValue + 1, long.MaxValue));
        Assert.Equal(1_000, Names(1_000, 1024 * 1024).Length);
        Assert.Equal(["tag *"], Names(1_000, 1024));

        string[] Names(int count, long mostBytes)
        {
            TagId[] tags = [.. Enumerable.Range(0, count).Select(i => TagId.OfTag(ns, $"t{i}"))];
            var push = PushTold.Of(new Told(ServerFrame.Push(new(7, tags, StaleFor: null), ns, mostBytes).Head.ToArray()));
            Assert.Equal(7, push.Number);
            return push.Names;
        }
    }

    /// <summary>A text of a frame has at most 64 KiB, and what is wrong may have been said in more.</summary>
    [Theory]
    [InlineData(1_024, 1_024)]
    [InlineData(1_025, 1_024)]
    [InlineData(100_000, 1_024)]
    public void Refusals_AreCut_WhereTheirTextsWouldBeTooLong(int length, int told)
    {
        foreach (var emoji in new[] { "\ud83d\ude00", "x\ud83d\ude00" })
        {
            var detail = string.Concat(Enumerable.Repeat(emoji, length))[..length];
            var frame = new Told(ServerFrame.Refused(1, new(400, "invalid_argument", detail)).Head.ToArray());
            Assert.Equal((FrameKind.Refused, 400, "invalid_argument"), (frame.Kind, frame.Short(), frame.Text()));
            var text = frame.Text();
            Assert.InRange(text.Length, told - 1, told);
            Assert.Equal(length > told, text.EndsWith('…'));
            Assert.DoesNotContain('\ufffd', text[..^1]);
        }
    }

    [Fact]
    public async Task Commit_WithTheLongestNameOfAProfile_IsRefused()
    {
        var (caller, _) = await SessionCaller.Open(Silo, silo.Keys[0]);
        await using var ending = caller;
        await caller.Acquire("profile");
        var token = EntryTold.Of(await caller.Next(FrameKind.Entry)).Token;
        await caller.Send(FrameKind.Commit, frame => frame.Text("profile").Text(token).Text("text/plain").Byte(1).Text(new string('p', ushort.MaxValue)).Texts([]));
        var refused = await caller.Next(FrameKind.Refused);
        Assert.Equal((400, "invalid_argument"), (refused.Short(), refused.Text()));
        await caller.Send(FrameKind.Leave);
        Assert.Empty(await caller.UntilClosed());
        await silo.NoRequestRuns();
    }

    [Fact]
    public async Task Caller_ThatSaysNothing_IsCutOff()
    {
        var (greeted, _) = await SessionCaller.Open(Silo, silo.Keys[0]);
        await using var first = greeted;
        await using var second = await SessionCaller.Connect(Silo, silo.Keys[0]);
        Assert.Empty(await second.UntilClosed());
        Assert.Empty(await greeted.UntilClosed());
        await silo.NoRequestRuns();
    }

    [Fact]
    public async Task Faults_OfFrames_CloseTheConnection()
    {
        foreach (var (name, frame) in Wrong)
        {
            var (caller, _) = await SessionCaller.Open(Silo, silo.Keys[0]);
            await using var ending = caller;
            await caller.SendRaw(frame);
            Assert.Empty(await caller.UntilClosed());
            Assert.Equal((name, WebSocketCloseStatus.ProtocolError), (name, caller.Closed!.Value));
        }

        await using var texts = await SessionCaller.Connect(Silo, silo.Keys[0]);
        await texts.SendRaw("hello"u8.ToArray(), WebSocketMessageType.Text);
        Assert.Empty(await texts.UntilClosed());
        Assert.Equal(WebSocketCloseStatus.ProtocolError, texts.Closed);
        await silo.NoRequestRuns();
    }

    [Fact]
    public async Task Silo_ThatStops_TellsItsClients()
    {
        var stopping = new SmallSessionSilo();
        await stopping.InitializeAsync();
        using var http = stopping.With(stopping.Keys[0]);
        (await http.Put("stops", "one", "&tag=stops")).IsDone();
        var (caller, _) = await SessionCaller.Open(stopping.Http.BaseAddress!, stopping.Keys[0]);
        await using var ending = caller;
        await caller.Acquire("stops");
        Assert.True(EntryTold.Of(await caller.Next(FrameKind.Entry)).MayKeep);
        var stop = stopping.DisposeAsync();
        Assert.Equal(FrameKind.End, (await caller.Next())!.Kind);
        await caller.Send(FrameKind.Leave);
        Assert.Empty(await caller.UntilClosed());
        await stop;
    }

    private static IEnumerable<(string Name, byte[] Frame)> Wrong
    {
        get
        {
            yield return ("empty", []);
            yield return ("half a length", [0, 0]);
            yield return ("a length alone", [0, 0, 0, 0]);
            yield return ("shorter than a head", [0, 0, 0, 4, 7, 0, 0, 0]);
            yield return ("longer than it says", [0, 0, 0, 5, 7, 0, 0, 0, 1, 9]);
            yield return ("shorter than it says", [0, 0, 0, 9, 7, 0, 0, 0, 1]);
            yield return ("endless", [0xFF, 0xFF, 0xFF, 0xFF, 7, 0, 0, 0, 1]);
            yield return ("of no kind", [0, 0, 0, 5, 0, 0, 0, 0, 1]);
            yield return ("of a kind of the silo", [0, 0, 0, 5, 68, 0, 0, 0, 1]);
            yield return ("a second hello", Frame(FrameKind.Hello, frame => frame.Byte(1).Text("x")));
            yield return ("an acknowledgement of what was not pushed", Frame(FrameKind.Acknowledge, frame => frame.Long(1)));
            yield return ("an acknowledgement of everything", Frame(FrameKind.Acknowledge, frame => frame.Long(-1)));
            yield return ("an unknown flag", Frame(FrameKind.Acquire, frame => frame.Byte(4).Int(0).Int(0).Text("k").Texts([])));
            yield return ("a wait of an hour", Frame(FrameKind.Acquire, frame => frame.Byte(0).Int(3_600_000).Int(0).Text("k").Texts([])));
            yield return ("too many soft tags", Frame(FrameKind.Acquire, frame => frame.Byte(0).Int(0).Int(0).Text("k").Texts([.. Enumerable.Repeat("t", 129)])));
            yield return ("a list that ends early", Frame(FrameKind.Acquire, frame => frame.Byte(0).Int(0).Int(0).Text("k").Short(100)));
            yield return ("a text that ends early", Frame(FrameKind.Acquire, frame => frame.Byte(0).Int(0).Int(0).Short(60_000)));
            yield return ("a text that is not UTF-8", Frame(FrameKind.Acquire, frame => frame.Byte(0).Int(0).Int(0).Short(1).Byte(0xFF).Short(0)));
            yield return ("more than its content", Frame(FrameKind.Renew, frame => frame.Byte(0)));
            yield return ("an unknown life", Frame(FrameKind.Commit, frame => frame.Text("k").Text("t").Text("").Byte(3)));
        }
    }

    private static byte[] Frame(FrameKind kind, Action<FrameWriter> content)
    {
        var frame = new FrameWriter(kind, 1);
        content(frame);
        return frame.End().ToArray();
    }

    /// <summary>So many reads of this silo have had their answers.</summary>
    private Task Answered(int reads, out MeterListener listener)
    {
        var (left, done) = (reads, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        var meters = silo.Get<IMeterFactory>();
        listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "tagcache.reads" && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) =>
        {
            if (Interlocked.Decrement(ref left) == 0)
            {
                done.TrySetResult();
            }
        });
        listener.Start();
        return done.Task.WaitAsync(SessionCaller.Patience);
    }

    private async Task<string> Refusal(string key)
    {
        using var http = silo.With(key);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/session");
        foreach (var (name, value) in new[] { ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="), ("Sec-WebSocket-Protocol", SessionEndpoint.Protocol) })
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await http.SendAsync(request);
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.Equal("1", answer.Headers.RetryAfter?.ToString());
        return await answer.Content.ReadAsStringAsync();
    }
}
