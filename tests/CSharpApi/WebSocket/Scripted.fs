// The other end of a stream, as a script: what it sends in any cutting, and what was written to it.
// No sockets, no time: the same script, the same run.
namespace SipFun.Tests.CSharpApi.WebSocket

open System
open System.IO
open System.Text
open System.Threading
open System.Threading.Tasks

/// Sends what `answer` makes of all that was written so far, when it is first read; at most `cut`
/// bytes a read, then ends.
type Scripted(cut: int, answer: byte array -> byte array) =
    inherit Stream()
    let written = new MemoryStream()
    let mutable script: byte array option = None
    let mutable position = 0

    let take (buffer: Memory<byte>) =
        let all =
            match script with
            | Some all -> all
            | None ->
                let all = answer (written.ToArray())
                script <- Some all
                all

        let length = min cut (min buffer.Length (all.Length - position))
        all.AsMemory(position, length).CopyTo buffer
        position <- position + length
        length

    new(cut, script: byte array) = new Scripted(cut, (fun _ -> script))

    member _.Written = written.ToArray()
    member this.WrittenText = Encoding.Latin1.GetString this.Written

    override _.CanRead = true
    override _.CanWrite = true
    override _.CanSeek = false
    override _.Length = raise (NotSupportedException())

    override _.Position
        with get () = raise (NotSupportedException())
        and set _ = raise (NotSupportedException())

    override _.Flush() = ()
    override _.Seek(_, _) = raise (NotSupportedException())
    override _.SetLength _ = raise (NotSupportedException())
    override _.Read(buffer: byte array, offset, count) = take (buffer.AsMemory(offset, count))
    override _.Write(buffer: byte array, offset, count) = written.Write(buffer, offset, count)
    override _.ReadAsync(buffer: Memory<byte>, _: CancellationToken) = ValueTask<int>(take buffer)

    override _.WriteAsync(buffer: ReadOnlyMemory<byte>, _: CancellationToken) =
        written.Write buffer.Span
        ValueTask.CompletedTask
