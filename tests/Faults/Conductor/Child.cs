using System.Diagnostics;

namespace OrleansTagCache.Faults.Conductor;

/// <summary>A process that the conductor started, and ends whatever happens. What it prints goes to a file.</summary>
internal sealed class Child : IAsyncDisposable
{
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly Process _process;
    private readonly StreamWriter _output;

    private Child(string program, IEnumerable<string> arguments, string readyWhen, string outputPath)
    {
        _output = new(new FileStream(outputPath, FileMode.Append, FileAccess.Write, FileShare.Read)) { AutoFlush = true };
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        _process = new() { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Heard(line.Data, readyWhen);
        _process.ErrorDataReceived += (_, line) => Heard(line.Data, readyWhen);
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException($"A process ended before it was ready; see {outputPath}"));
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public Task Ready => _ready.Task;

    /// <summary>The memory of the process that is in use, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            if (_process.HasExited)
            {
                return 0;
            }

            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static Child Start(string program, IEnumerable<string> arguments, string readyWhen, string outputPath)
    {
        var child = new Child(program, arguments, readyWhen, outputPath);
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    public void Signal(int signal)
    {
        if (!_process.HasExited)
        {
            Signals.Send(_process.Id, signal);
        }
    }

    /// <exception cref="TimeoutException">It goes on and on.</exception>
    public Task WhenExited() => _process.WaitForExitAsync().WaitAsync(TestCluster.Patience, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        Signal(Signals.Kill);
        await _process.WaitForExitAsync();
        _process.Dispose();
        lock (_gate)
        {
            _output.Dispose();
        }
    }

    private void Heard(string? line, string readyWhen)
    {
        if (line is null)
        {
            return;
        }

        lock (_gate)
        {
            _output.WriteLine(line);
        }

        if (line.Contains(readyWhen, StringComparison.Ordinal))
        {
            _ready.TrySetResult();
        }
    }
}
