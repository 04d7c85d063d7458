using System.Runtime.InteropServices;
using System.Text;
using MetaML.Tool;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
{
    signal.Cancel = !stop.IsCancellationRequested; // the second Ctrl+C ends the process at once
    stop.Cancel();
});
return ToolApp.Run(args, stop.Token);
