using System.Collections.Concurrent;
using System.Diagnostics;

namespace OrleansTagCache.Testing;

/// <summary>A process that a test starts and, whatever happens, ends.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Signal _heard = new();
    private readonly Process _process;
    private bool _isDisposed;

    private ChildProcess(string program, IEnumerable<string> arguments, string readyWhen, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = new() { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Heard(line.Data, readyWhen);
        _process.ErrorDataReceived += (_, line) => Heard(line.Data, readyWhen);
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException($"{program} ended before it was ready:\n{Output}"));
    }

    public string Output => string.Join('\n', _output);

    /// <summary>Starts a program and waits until it has printed that it is ready.</summary>
    public static async Task<ChildProcess> Start(string program, IEnumerable<string> arguments, string readyWhen, params (string Name, string Value)[] environment)
    {
        var child = new ChildProcess(program, arguments, readyWhen, environment);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        try
        {
            await child._ready.Task.WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
            return child;
        }
        catch (TimeoutException exception)
        {
            await child.DisposeAsync();
            throw new InvalidOperationException($"{program} was not ready within a minute:\n{child.Output}", exception);
        }
    }

    /// <summary>Waits until it has printed that.</summary>
    public Task Says(string text) => _heard.Until(() => Output.Contains(text, StringComparison.Ordinal), what: text);

    /// <summary>Sends it a signal.</summary>
    public async Task Send(string name)
    {
        using var signal = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await signal.WaitForExitAsync();
    }

    /// <summary>Asks it to end, with SIGTERM or what is said, and waits until it has.</summary>
    public async Task<int> Stop(TimeSpan patience, string name = "TERM")
    {
        await Send(name);
        return await WhenExited(patience);
    }

    /// <summary>Waits until it has ended by itself, and gives its exit code.</summary>
    public async Task<int> WhenExited(TimeSpan patience)
    {
        await _process.WaitForExitAsync().WaitAsync(patience, TimeProvider.System);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Heard(string? line, string readyWhen)
    {
        if (line is null)
        {
            return;
        }

        _output.Enqueue(line);
        _heard.Set();
        if (line.Contains(readyWhen, StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }
}
