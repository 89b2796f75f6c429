using System.Globalization;
using System.Runtime.InteropServices;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>
/// The functions of PostgreSQL's client library we use: Npgsql has no way to send <c>BASE_BACKUP</c>. It comes with the client programs (Debian: <c>libpq5</c>).
/// </summary>
internal static unsafe partial class LibPq
{
    public const int ConnectionOk = 0;
    public const byte Severity = (byte)'V';
    public const byte SqlState = (byte)'C';
    public const byte Primary = (byte)'M';

    private const string Library = "libpq";
    private static readonly bool s_loaded = NativeLibraries.Load(Library, "libpq.so.5", "libpq.5.dylib", "libpq.dll");

    /// <summary>What a command answered (<c>ExecStatusType</c>).</summary>
    public enum Status
    {
        CommandOk = 1,
        Rows = 2,
        CopyOut = 3,
        CopyIn = 4,
    }

    /// <summary>False when it is not on this machine.</summary>
    public static bool IsHere => s_loaded;

    /// <summary>Its version, e.g. <c>libpq 15.18</c>.</summary>
    public static string Version
    {
        get
        {
            int number = PQlibVersion();
            return string.Create(CultureInfo.InvariantCulture, $"libpq {number / 10000}.{number % 10000}");
        }
    }

    /// <summary>The connection parameters it knows: an older one knows fewer. As environment variables, which programs get them by, it passes over the others.</summary>
    public static IReadOnlySet<string> Keywords { get; } = s_loaded ? ReadKeywords() : new HashSet<string>(StringComparer.Ordinal);

    /// <summary>A text of the library, without the line end it puts behind messages.</summary>
    public static string Text(byte* text) => (Marshal.PtrToStringUTF8((nint)text) ?? "").Trim();

    [LibraryImport(Library)]
    public static partial int PQlibVersion();

    [LibraryImport(Library)]
    public static partial nint PQconnectdbParams(byte** keywords, byte** values, int expand);

    [LibraryImport(Library)]
    public static partial void PQfinish(nint connection);

    [LibraryImport(Library)]
    public static partial int PQstatus(nint connection);

    [LibraryImport(Library)]
    public static partial byte* PQerrorMessage(nint connection);

    [LibraryImport(Library)]
    public static partial int PQsocket(nint connection);

    [LibraryImport(Library)]
    public static partial nint PQsetNoticeReceiver(nint connection, delegate* unmanaged[Cdecl]<nint, nint, void> receiver, nint argument);

    [LibraryImport(Library)]
    public static partial int PQsendQuery(nint connection, byte* command);

    [LibraryImport(Library)]
    public static partial int PQconsumeInput(nint connection);

    [LibraryImport(Library)]
    public static partial int PQisBusy(nint connection);

    [LibraryImport(Library)]
    public static partial nint PQgetResult(nint connection);

    [LibraryImport(Library)]
    public static partial int PQgetCopyData(nint connection, byte** buffer, int doNotWait);

    [LibraryImport(Library)]
    public static partial int PQputCopyData(nint connection, byte* buffer, int count);

    [LibraryImport(Library)]
    public static partial int PQputCopyEnd(nint connection, byte* error);

    [LibraryImport(Library)]
    public static partial void PQfreemem(byte* memory);

    [LibraryImport(Library)]
    public static partial Status PQresultStatus(nint result);

    [LibraryImport(Library)]
    public static partial byte* PQresultErrorMessage(nint result);

    [LibraryImport(Library)]
    public static partial byte* PQresultErrorField(nint result, int field);

    [LibraryImport(Library)]
    public static partial int PQntuples(nint result);

    [LibraryImport(Library)]
    public static partial int PQnfields(nint result);

    [LibraryImport(Library)]
    public static partial int PQgetisnull(nint result, int row, int column);

    [LibraryImport(Library)]
    public static partial byte* PQgetvalue(nint result, int row, int column);

    [LibraryImport(Library)]
    public static partial void PQclear(nint result);

    [LibraryImport(Library)]
    private static partial Option* PQconndefaults();

    [LibraryImport(Library)]
    private static partial void PQconninfoFree(Option* options);

    private static HashSet<string> ReadKeywords()
    {
        HashSet<string> keywords = new(StringComparer.Ordinal);
        Option* all = PQconndefaults();
        for (Option* one = all; one != null && one->Keyword != null; one++) keywords.Add(Text(one->Keyword));
        PQconninfoFree(all);
        return keywords;
    }

    /// <summary><c>PQconninfoOption</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Option
    {
        public byte* Keyword;
        public byte* Variable;
        public byte* Compiled;
        public byte* Value;
        public byte* Label;
        public byte* Shown;
        public int ShownSize;
    }

    /// <summary>A connection; releasing it closes it.</summary>
    public sealed class Connection : SafeHandle
    {
        public Connection(nint made)
            : base(0, ownsHandle: true) => SetHandle(made);

        public override bool IsInvalid => handle == 0;

        protected override bool ReleaseHandle()
        {
            PQfinish(handle);
            return true;
        }
    }
}
