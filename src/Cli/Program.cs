using System.Runtime.InteropServices;
using OrleansTagCache.Cli;
using OrleansTagCache.Cli.Running;

Console.OutputEncoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using var over = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
return await OtcProgram.Run(args, CliHost.OfProcess(), over.Token);

void End(PosixSignalContext signal)
{
    // The second one ends the process at once.
    signal.Cancel = !over.IsCancellationRequested;
    over.Cancel();
}
