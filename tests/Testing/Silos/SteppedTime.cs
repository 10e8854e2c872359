using Microsoft.Extensions.Time.Testing;

namespace OrleansTagCache.Testing;

/// <summary>A clock that the test owns. What reads it can be overtaken there, by whatever the test does at one of the readings.</summary>
/// <remarks>Only readings by the thread that asked for it are counted: those of the code under test.</remarks>
internal sealed class SteppedTime : FakeTimeProvider
{
    private Action? _action;
    private int _left;
    private int _thread;

    /// <summary>Whether the action is still to come.</summary>
    public bool IsPending => _action is not null;

    /// <summary>Does something at a reading from now on, the first being 0, before it is answered.</summary>
    public void At(int reading, Action action) => (_action, _left, _thread) = (action, reading, Environment.CurrentManagedThreadId);

    public override long GetTimestamp()
    {
        if (_action is { } action && Environment.CurrentManagedThreadId == _thread && _left-- == 0)
        {
            _action = null;
            action();
        }

        return base.GetTimestamp();
    }
}
