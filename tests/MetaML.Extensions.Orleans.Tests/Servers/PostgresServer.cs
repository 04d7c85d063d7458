using Npgsql;

namespace MetaML.Extensions.Orleans.Tests.Servers;

/// <summary>A PostgreSQL server with its own port and folder, and Orleans's tables.</summary>
public sealed class PostgresServer : IDisposable
{
    private static readonly string? s_bin = Path.GetDirectoryName(LocalServer.Find("initdb", [.. Directory.Exists("/usr/lib/postgresql") ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")) : []]));

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("metaml-postgres-");

    public PostgresServer()
    {
        if (WhyAbsent is not null)
            return;
        string data = Path.Combine(_folder.FullName, "data");
        int port = LocalServer.FreePort();
        if (IsRoot)
            LocalServer.Run("chown", "postgres", _folder.FullName);
        Run("initdb", "-D", data, "-A", "trust", "-U", "metaml", "--no-sync", "-E", "UTF8");
        Run("pg_ctl", "-D", data, "-w", "-o", $"-p {port} -k {_folder.FullName} -h 127.0.0.1 -c fsync=off", "start");
        ConnectionString = $"Host=127.0.0.1;Port={port};Username=metaml;Database=postgres";
        using var connection = new NpgsqlConnection(ConnectionString);
        connection.Open();
        using var script = new StreamReader(typeof(PostgresServer).Assembly.GetManifestResourceStream("postgresql.sql")!);
        using var command = new NpgsqlCommand(script.ReadToEnd(), connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Why there is no server; null if there is one.</summary>
    public static string? WhyAbsent { get; } = s_bin is null ? "PostgreSQL is not installed (Debian: postgresql)."
        : IsRoot && LocalServer.Find("runuser") is null ? "PostgreSQL does not run as root, and runuser is not installed." : null;

    public string ConnectionString { get; } = "";

    private static bool IsRoot => Environment.UserName == "root";

    public void Dispose()
    {
        if (WhyAbsent is null)
            Run("pg_ctl", "-D", Path.Combine(_folder.FullName, "data"), "-m", "immediate", "stop");
        NpgsqlConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }

    private static void Run(string program, params string[] arguments) =>
        LocalServer.Run([.. IsRoot ? (string[])["runuser", "-u", "postgres", "--"] : [], Path.Combine(s_bin!, program), .. arguments]);
}
