namespace OrleansTagCache.Cli.Running;

/// <summary>What the user is told, and what the program ends with: no stack, no inner exception.</summary>
/// <param name="exitCode">One of <see cref="ExitCode"/>.</param>
/// <param name="code">A stable name of the kind; where a silo has said it, the <c>code</c> of its problem details.</param>
/// <param name="message">What is wrong, and which limit.</param>
/// <param name="advice">What to do about it; null if the message says it.</param>
internal sealed class CliFault(int exitCode, string code, string message, string? advice = null) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public string Code { get; } = code;

    public string? Advice { get; } = advice;

    public static CliFault Usage(string message, string? advice = null) => new(Running.ExitCode.Usage, "usage", message, advice);
}
