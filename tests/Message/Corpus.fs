// Where the messages of others are: the RFCs' own torture tests beside us, the larger corpora in
// ../shared/data when they are there (they are not ours to ship).
module SipFun.Tests.Message.Corpus

open System
open System.IO
open System.IO.Compression
open SipFun
open SipFun.Core

let private torture = Path.Combine(__SOURCE_DIRECTORY__, "..", "Torture", "data")

let private shared =
    Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "..", "shared", "data")

/// The larger corpora; nothing when they are not beside the project.
let sharedFolder = if Directory.Exists shared then Some shared else None

/// The file name and bytes of each message in a folder of tests/Torture/data.
let folder name extension =
    Directory.GetFiles(Path.Combine(torture, name), extension)
    |> Array.sort
    |> Array.map (fun path -> string (Path.GetFileName path), File.ReadAllBytes path)

/// A tab-separated table of tests/Torture/data as rows of columns, the heading left out.
let table name =
    File.ReadAllLines(Path.Combine(torture, name))
    |> Array.skip 1
    |> Array.map (fun line -> line.Split '\t')

/// Every file of a zip in the shared data.
let zip name =
    use archive = ZipFile.OpenRead(Path.Combine(shared, name))

    [|
        for entry in archive.Entries do
            if entry.Length > 0L then
                use stream = entry.Open()
                use copy = new MemoryStream()
                stream.CopyTo copy
                entry.FullName, copy.ToArray()
    |]

/// All 49 torture messages of RFC 4475 (and the extra one of its archive).
let rfc4475 = lazy (folder "rfc4475" "*.dat")

/// Text with bare line ends, as in a test, as a message with CRLF.
let octets (text: string) =
    text.Replace("\r\n", "\n").Replace("\n", "\r\n") |> Text.Encoding.UTF8.GetBytes

let parse (bytes: byte[]) = Parser.parse ParseLimits.Default (ReadOnlyMemory<byte> bytes)

/// A message that must be right.
let message text =
    match parse (octets text) with
    | Ok message -> message
    | Error error -> failwithf "%O in %s" error text

let request text : SipRequest = downcast message text
let response text : SipResponse = downcast message text

let invite =
    """INVITE sip:bob@biloxi.com SIP/2.0
Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds
Via: SIP/2.0/UDP 192.0.2.7:5070;branch=z9hG4bKsecond;received=192.0.2.8;rport=5071
Max-Forwards: 70
Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>
To: Bob <sip:bob@biloxi.com>
From: Alice <sip:alice@atlanta.com>;tag=1928301774
Call-ID: a84b4c76e66710@pc33.atlanta.com
CSeq: 314159 INVITE
Contact: <sip:alice@pc33.atlanta.com>
Timestamp: 54
X-Odd :  kept as   it is
Content-Type: text/plain
Content-Length: 4

body"""

/// The invitation with other lines in place of its odd one.
let withLines (lines: string) = message (invite.Replace("X-Odd :  kept as   it is", lines))

/// What is wrong with a field of these lines, none of which may be in the invitation.
let fault (field: HeaderField) (lines: string) =
    let message = withLines lines
    field.Fault(FieldLines(message.Bytes, message.Index, field.Id))
