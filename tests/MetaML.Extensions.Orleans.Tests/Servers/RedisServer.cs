using System.Diagnostics;
using System.Net.Sockets;

namespace MetaML.Extensions.Orleans.Tests.Servers;

/// <summary>A Redis server with its own port and folder.</summary>
public sealed class RedisServer : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("metaml-redis-");
    private readonly Process? _process;

    public RedisServer()
    {
        if (WhyAbsent is not null)
            return;
        int port = LocalServer.FreePort();
        _process = LocalServer.Start("redis-server", "--port", $"{port}", "--bind", "127.0.0.1", "--dir", _folder.FullName, "--save", "");
        ConnectionString = $"127.0.0.1:{port}";
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient("127.0.0.1", port);
                return;
            }
            catch (SocketException) when (attempt < 200)
            {
                Thread.Sleep(50);
            }
        }
    }

    /// <summary>Why there is no server; null if there is one.</summary>
    public static string? WhyAbsent { get; } = LocalServer.Find("redis-server") is null ? "Redis is not installed (Debian: redis-server)." : null;

    public string ConnectionString { get; } = "";

    public void Dispose()
    {
        if (_process is not null)
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }

        _folder.Delete(recursive: true);
    }
}
