namespace OrleansTagCache.Fuzz.Engine;

/// <summary>One execution, and the search for a smaller input with the same fault.</summary>
internal static class Trial
{
    /// <summary>
    /// No execution needs more than this and its input many times over; one that does has believed a length that it read. Orleans lets each array
    /// claim as many elements as bytes are left, so that what it may allocate grows with the square of the input: at our longest, some 13 MiB.
    /// </summary>
    private const long AllocatedAtMost = 64L * 1024 * 1024;

    private const long AllocatedForEachByte = 64;

    /// <summary>What is wrong with the target for that input, or null.</summary>
    public static Exception? Fault(IFuzzTarget target, byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Run(input);
        }
        catch (Exception exception)
        {
            return exception;
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated > AllocatedAtMost + (AllocatedForEachByte * input.Length)
            ? new OracleException($"It allocated {allocated} bytes for an input of {input.Length}.")
            : null;
    }

    /// <summary>Leaves out what the fault does not need.</summary>
    public static Finding Shrink(IFuzzTarget target, Finding finding)
    {
        var smallest = finding;
        for (var length = Math.Max(1, finding.Input.Length / 2); length > 0; length /= 2)
        {
            for (var at = 0; at + length <= smallest.Input.Length;)
            {
                byte[] smaller = [.. smallest.Input.AsSpan(0, at), .. smallest.Input.AsSpan(at + length)];
                if (Fault(target, smaller) is { } fault && fault.GetType() == finding.Fault.GetType())
                {
                    smallest = new(finding.Index, smaller, fault);
                }
                else
                {
                    at += length;
                }
            }
        }

        return smallest;
    }
}
