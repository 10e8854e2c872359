using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;
using Xunit.Abstractions;

namespace OrleansTagCache.Tests.Silo;

/// <summary>A silo that may use little memory refuses what it has no room for, with a reason, before there is none left.</summary>
public sealed class SmallMemoryTests(ITestOutputHelper output)
{
    private const int Values = 240;
    private const int AtATime = 8;

    /// <summary>Their answers would take twice what the silo may use.</summary>
    private const int SlowReaders = 200;

    /// <summary>192 MiB, with the defaults that follow from them, and with as much for entries as they leave.</summary>
    [Theory]
    [InlineData(2_000_000)]
    [InlineData(4_000_000, "--TagCache:MaximumBytes=83886080")]
    public async Task Fill_OfASmallSilo_IsBoundedAndHarmless(int valueBytes, params string[] settings)
    {
        var ports = FreePorts.Take(3);
        await using var silo = await ChildProcess.Start(
            "dotnet",
            [Repository.SiloProgram, $"--urls=http://127.0.0.1:{ports[0]}", $"--TagCache:SiloPort={ports[1]}", $"--TagCache:GatewayPort={ports[2]}", .. settings],
            "OrleansTagCache is ready.",
            ("DOTNET_GCHeapHardLimit", "0xC000000"),
            ("DOTNET_PROCESSOR_COUNT", "1"));
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new($"http://127.0.0.1:{ports[0]}") };

        var answers = new Reply[Values];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Values),
            new ParallelOptions { MaxDegreeOfParallelism = AtATime },
            async (i, _) => answers[i] = await http.Put($"value-{i}", new ByteArrayContent(Value(i, valueBytes))));

        var (stored, refused) = (Enumerable.Range(0, Values).Where(i => answers[i].Status == 204).ToArray(), answers.Where(answer => answer.Status != 204).ToArray());
        output.WriteLine($"{stored.Length} stored, {refused.Length} refused: {string.Join(", ", refused.GroupBy(answer => answer.Text).Select(group => $"{group.Count()} {group.First().Status} {group.Key}"))}");
        Assert.All(refused, answer => answer.IsProblem(503, "overloaded"));
        Assert.True(stored.Length >= Values / AtATime, "One at a time has room.");
        Assert.Equal(200, (await http.Ask("/health/ready")).Status);

        var (kept, last) = (0, -1);
        foreach (var i in stored)
        {
            var read = await http.Read($"value-{i}");
            if (read.Status == 200)
            {
                (kept, last) = (kept + 1, i);
                Assert.True(read.Bytes.AsSpan().SequenceEqual(Value(i, valueBytes)), $"value-{i} is not what was stored.");
            }
        }

        var entries = (await http.Ask("/v1/cluster")).Json.GetProperty("members")[0].GetProperty("entries");
        output.WriteLine($"{kept} kept; {entries}");
        Assert.True(kept > 5, "It keeps what fits.");

        await AnswerThoseWhoDoNotRead(ports[0], $"GET /v1/entry?key=value-{last} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        var keys = $$"""{"keys":["value-{{last}}"]}""";
        await AnswerThoseWhoDoNotRead(ports[0], $"POST /v1/entries/get HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {keys.Length}\r\n\r\n{keys}");
        Assert.Equal(200, (await http.Ask("/health/ready")).Status);
        Assert.DoesNotContain("OutOfMemory", silo.Output, StringComparison.Ordinal);
        Assert.Equal(0, await silo.Stop(TimeSpan.FromMinutes(1)));
    }

    /// <summary>Each caller is answered, and reads no more than the beginning.</summary>
    private static async Task AnswerThoseWhoDoNotRead(int port, string call)
    {
        var readers = new List<Socket>();
        try
        {
            for (var i = 0; i < SlowReaders; i++)
            {
                var reader = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
                readers.Add(reader);
                await reader.ConnectAsync(IPAddress.Loopback, port);
                await reader.SendAsync(Encoding.ASCII.GetBytes(call));
            }

            foreach (var reader in readers)
            {
                var head = new byte["HTTP/1.1 200".Length];
                await reader.ReceiveAsync(head).Soon();
                Assert.Equal("HTTP/1.1 200", Encoding.ASCII.GetString(head));
            }
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    private static byte[] Value(int number, int bytes)
    {
        var value = new byte[bytes];
        value.AsSpan().Fill((byte)number);
        return value;
    }
}
