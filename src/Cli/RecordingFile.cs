namespace SipFun.Cli;

/// <summary>Opens files of recordings (docs/recording.md), and says what to do where that
/// fails.</summary>
internal static class RecordingFile
{
    /// <summary>An empty file, which others may read while it grows.</summary>
    /// <exception cref="Failure">The file cannot be written.</exception>
    public static FileStream Create(FileInfo file, string giver)
    {
        try
        {
            return new FileStream(
                file.FullName,
                FileMode.Create,
                FileAccess.Write,
                FileShare.ReadWrite | FileShare.Delete,
                bufferSize: 0
            );
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage(
                $"Cannot write {file.FullName}: {fault.Message} Give {giver} another file."
            );
        }
    }

    /// <exception cref="Failure">The file cannot be read.</exception>
    public static FileStream Open(FileInfo file)
    {
        try
        {
            return new FileStream(
                file.FullName,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage($"Cannot read {file.FullName}: {fault.Message}");
        }
    }
}
