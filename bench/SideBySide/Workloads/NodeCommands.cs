using System.Globalization;
using OrleansTagCache.Bench.SideBySide.Machine;
using OrleansTagCache.Bench.SideBySide.Peers;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>What a <see cref="Node"/> does when it is told to. It ends with its standard input, so never outlives the benchmark.</summary>
internal static class NodeCommands
{
    private const string Done = "done";

    public static string Keep(string set, int count) => Text($"keep {set} {count}");

    public static string Rush(string key, int callers) => Text($"rush {key} {callers}");

    public static string Watch(TimeSpan duration) => Text($"watch {(long)duration.TotalMilliseconds}");

    public static string AwaitVersion(long version) => Text($"await {version}");

    public static async Task Serve(string name, string redis)
    {
        await using var peer = await Catalogue.Open(name, redis);
        await using var source = await VersionedSource.Connect(redis);
        Console.WriteLine(Node.Ready);
        while (await Console.In.ReadLineAsync() is { } command)
        {
            Console.WriteLine(command.Split(' ') switch
            {
                ["keep", var set, var count] => await Keep(peer, set, Number(count)),
                ["rush", var key, var callers] => await Stampede.Rush(peer, key, Number(callers)),
                ["watch", var milliseconds] => await OldReads.Watch(peer, source, TimeSpan.FromMilliseconds(Number(milliseconds))),
                ["await", var version] => await LastProcess.AwaitVersion((INearPeer)peer, source, Number(version)),
                _ => throw new InvalidOperationException($"'{command}' is no command."),
            });
        }
    }

    private static async Task<string> Keep(IPeer peer, string set, int count)
    {
        await new EntrySet<byte[]>(set, count, peer.Entries, Document.MakeBytes).Fill();
        return Done;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
