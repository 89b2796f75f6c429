using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AskTrust.Drp.TestBed;

/// <summary>
/// Free TCP ports of the loopback. They lie below the kernel's range for outgoing connections, and each stays reserved for this
/// process by a locked file, so that neither a connection nor another test process takes it between the choice and the server's start.
/// </summary>
public static class FreePort
{
    private static readonly string s_folder = Path.Join(Path.GetTempPath(), "drp-test-ports");
    private static readonly List<FileStream> s_reserved = [];

    /// <summary>Takes one.</summary>
    public static int Take()
    {
        Directory.CreateDirectory(s_folder);
        for (int attempt = 0; attempt < 1000; attempt++)
        {
            int port = Random.Shared.Next(18_000, 32_000);
            if (TryReserve(port)) return port;
        }

        throw new InvalidOperationException("No free port between 18000 and 32000.");
    }

    private static bool TryReserve(int port)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(Path.Join(s_folder, port.ToString(CultureInfo.InvariantCulture)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            listener.Stop();
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            return false;
        }

        lock (s_reserved) s_reserved.Add(file);
        return true;
    }
}
