using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace MetaML.Extensions.Orleans.Tests.Servers;

/// <summary>Programs of a database on this machine.</summary>
internal static class LocalServer
{
    /// <summary>The path of a program; null if it is absent.</summary>
    /// <param name="name">The name of the program.</param>
    /// <param name="folders">Folders outside the path.</param>
    public static string? Find(string name, params string[] folders) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(folders).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>A free port of the loopback address.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="arguments">The program and its arguments.</param>
    /// <exception cref="InvalidOperationException">The program failed.</exception>
    public static void Run(params string[] arguments)
    {
        using Process process = Start(arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', arguments)}: exit code {process.ExitCode}");
    }

    /// <summary>Starts a program. Its output is not kept, since a daemon would hold the pipe.</summary>
    public static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo("sh", ["-c", "exec \"$@\" > /dev/null 2>&1 < /dev/null", "sh", .. arguments]))!;
}
