using System.Collections.Concurrent;
using System.Diagnostics;

namespace OrleansTagCache.Bench.SideBySide.Machine;

/// <summary>A process that the benchmark starts and, whatever happens, ends.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;
    private readonly string _readyWhen;

    private ChildProcess(string program, IEnumerable<string> arguments, string readyWhen)
    {
        _readyWhen = readyWhen;
        _process = new()
        {
            StartInfo = new(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = Path.GetTempPath(),
            },
            EnableRaisingEvents = true,
        };
        _process.OutputDataReceived += (_, line) => Heard(line.Data);
        _process.ErrorDataReceived += (_, line) => Heard(line.Data);
        AppDomain.CurrentDomain.ProcessExit += Kill;
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException($"{program} ended before it was ready:\n{Output}"));
    }

    /// <summary>Each line that it prints once it is ready.</summary>
    public event Action<string>? Said;

    public int Id => _process.Id;

    /// <summary>The processor time that it has used so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The memory that it occupies now.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    private string Output => string.Join('\n', _output);

    /// <summary>Starts a program and waits until it has printed that it is ready.</summary>
    public static async Task<ChildProcess> Start(string program, IEnumerable<string> arguments, string readyWhen)
    {
        var child = new ChildProcess(program, arguments, readyWhen);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        try
        {
            await child._ready.Task.WaitAsync(Patience, TimeProvider.System);
            return child;
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    public Task Tell(string line) => _process.StandardInput.WriteLineAsync(line);

    /// <summary>Asks it to end, and waits until it has.</summary>
    public async Task Stop()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= Kill;
        Kill(null, EventArgs.Empty);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    /// <summary>Also when the benchmark itself is ended from outside.</summary>
    private void Kill(object? sender, EventArgs e)
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
    }

    private void Heard(string? line)
    {
        if (line is null)
        {
            return;
        }

        if (_ready.Task.IsCompleted)
        {
            Said?.Invoke(line);
            return;
        }

        _output.Enqueue(line);
        if (line.Contains(_readyWhen, StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }
}
