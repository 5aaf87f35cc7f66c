// What lies between a connection and its socket, and fails once: at the n-th step, which is the
// beginning or the end of something that is asked of it; of all, or of writes alone.
namespace SipFun.Tests.CSharpApi.Streams

open System
open System.IO
open System.Threading
open System.Threading.Tasks

type FaultyStream(inner: Stream, writesAlone: bool, at: int, fault: unit -> exn) =
    inherit Stream()
    let mutable steps = 0
    let mutable lastWrite = 0
    let mutable hasFailed = false

    let step () =
        let now = Interlocked.Increment &steps

        if now = at then
            hasFailed <- true
            raise (fault ())

        now

    let stepOfRest () =
        if not writesAlone then
            step () |> ignore

    let write (writing: unit -> Task) =
        lastWrite <- step ()

        task {
            do! writing ()
            step () |> ignore
        }

    /// Whether it came so far.
    member _.HasFailed = Volatile.Read &hasFailed

    /// Where the last write began.
    member _.LastWrite = lastWrite

    override _.CanRead = true
    override _.CanWrite = true
    override _.CanSeek = false
    override _.Length = raise (NotSupportedException())

    override _.Position
        with get () = raise (NotSupportedException())
        and set _ = raise (NotSupportedException())

    override _.Seek(_, _) = raise (NotSupportedException())
    override _.SetLength _ = raise (NotSupportedException())
    override _.Read(_: byte array, _: int, _: int) : int = raise (NotSupportedException())
    override _.Write(_: byte array, _: int, _: int) : unit = raise (NotSupportedException())
    override _.Flush() = inner.Flush()

    override _.ReadAsync(buffer: Memory<byte>, cancel: CancellationToken) =
        stepOfRest ()

        ValueTask<int>(
            task {
                let! length = inner.ReadAsync(buffer, cancel)
                stepOfRest ()
                return length
            }
        )

    override _.WriteAsync(buffer: ReadOnlyMemory<byte>, cancel: CancellationToken) =
        ValueTask(write (fun () -> inner.WriteAsync(buffer, cancel).AsTask()))

    override _.FlushAsync cancel = write (fun () -> inner.FlushAsync cancel)

    override _.Dispose(disposing: bool) =
        if disposing then
            inner.Dispose()
            stepOfRest ()

        base.Dispose disposing
