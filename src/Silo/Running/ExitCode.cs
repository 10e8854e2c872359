using System.Runtime.InteropServices;

namespace OrleansTagCache.Silo.Running;

/// <summary>What the program tells whoever has started it.</summary>
internal static class ExitCode
{
    /// <summary>It was told to end, and has ended in order; or a command has done its work.</summary>
    public const int Ended = 0;

    /// <summary>It cannot start as it is set up, or a command cannot be carried out: whatever starts it need not try again until its settings have changed.</summary>
    public const int CannotStart = 2;

    /// <summary>It cannot start now, and the same start may succeed later.</summary>
    public const int MayPass = 3;

    /// <summary>It was told to end, and could not within its time: the other silos will find it dead.</summary>
    public const int NotInTime = 4;

    /// <summary>It has ended itself, since it can never serve again as the silo that it was: whatever starts it must start it again.</summary>
    public const int EndedItself = 5;

    /// <summary>A second signal ended it at once: the code that a shell gives a process which a signal has killed.</summary>
    public static int OfSignal(PosixSignal signal) => signal == PosixSignal.SIGINT ? 130 : 143;
}
