using System.Runtime.InteropServices;

namespace OrleansTagCache.Silo.Running;

/// <summary>
/// SIGTERM and SIGINT from the program's first moment on. The first one ends it in order, or at once while there is nothing to put in order; the second one ends it at once, whatever it waits for.
/// </summary>
/// <remarks>Thread-safe. A handler runs on a thread of its own.</remarks>
internal sealed class Signals : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PosixSignalRegistration[] _registrations;
    private Action? _stop;
    private bool _isStopping;

    public Signals() => _registrations = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT }.Select(signal => PosixSignalRegistration.Create(signal, Heard))];

    /// <summary>From now on there is something to put in order.</summary>
    /// <param name="stop">Begins that, and returns at once.</param>
    public void StopBy(Action stop)
    {
        lock (_gate)
        {
            _stop = stop;
        }
    }

    public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());

    private void Heard(PosixSignalContext signal)
    {
        signal.Cancel = true;
        Action? stop;
        lock (_gate)
        {
            if (_isStopping)
            {
                Environment.Exit(ExitCode.OfSignal(signal.Signal));
            }

            (_isStopping, stop) = (true, _stop);
        }

        if (stop is null)
        {
            Environment.Exit(ExitCode.Ended);
        }

        stop.Invoke();
    }
}
