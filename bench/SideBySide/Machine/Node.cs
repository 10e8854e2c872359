using System.Threading.Channels;

namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>Another process of the application, with one peer: this program again, told by lines what to do.</summary>
internal sealed class Node : IAsyncDisposable
{
    public const string Argument = "node";
    public const string Ready = "The node is ready.";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Channel<string> _answers = Channel.CreateUnbounded<string>();
    private readonly ChildProcess _process;

    private Node(ChildProcess process)
    {
        _process = process;
        _process.Said += line => _answers.Writer.TryWrite(line);
    }

    public static async Task<Node> Start(string peer, string redis) =>
        new(await ChildProcess.Start("dotnet", [typeof(Node).Assembly.Location, Argument, peer, redis], Ready));

    /// <summary>Gives a command and waits for its answer, which is a line.</summary>
    public async Task<string> Ask(string command)
    {
        await _process.Tell(command);
        return await Hear();
    }

    /// <summary>Waits for the next line of a command that answers with more than one.</summary>
    public Task<string> Hear() => _answers.Reader.ReadAsync().AsTask().WaitAsync(Patience, TimeProvider.System);

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
