// An effect in one line: its words for whoever reads, and a hash of all that it is, by which one step of a
// replay is told from another. No message's content is in it.
module internal SipFun.Core.EffectText

open SipFun

/// The same for all: it tells apart what differs, and keeps no secret.
let private key = struct (0x5349504655UL, 0x4e524543UL)

let private what (message: SipMessage) =
    match message with
    | :? SipRequest as request -> request.Method.Name
    | :? SipResponse as response -> string response.StatusCode
    | _ -> "message"

let private words effect =
    match effect with
    | Effect.Connect(leg, hop) -> $"Connect {hop.Flow}: leg {leg} to {Hop.toString hop}"
    | Effect.Disconnect(leg, flow) -> $"Disconnect {flow}: leg {leg}"
    | Effect.Transmit(number, leg, hop, packet, _) ->
        $"Transmit {number}: leg {leg} to {Hop.toString hop}, {packet.Length} bytes"
    | Effect.Ask question -> $"Ask {Question.toString question}"
    | Effect.AskSource destination -> $"AskSource {Address.toString destination}"
    | Effect.PassUp(number, leg, source, message) ->
        $"PassUp {number}: {what message} from {Hop.toString source} by leg {leg}"
    | Effect.PassUpStray(leg, source, response) ->
        $"PassUpStray: {what response} from {Hop.toString source} by leg {leg}"
    | Effect.TellSent(number, hop) -> $"TellSent {number}: to {Hop.toString hop}"
    | Effect.HandUp(number, response) -> $"HandUp {number}: {what response}"
    | Effect.Complete(number, outcome, _, last) ->
        let more = if last then "" else ", more may come"
        $"Complete {number}: {Requests.named outcome}{more}"
    | Effect.Forget number -> $"Forget {number}"
    | Effect.Found(number, found) -> $"Found {number}: {found.Hops.Length} hops"
    | Effect.Ring(number, last) -> if last then $"Ring {number}, the last" else $"Ring {number}"
    | Effect.Count counted -> $"Count {counted}"

/// "Transmit 3: leg 1 to udp:192.0.2.1:5060, 412 bytes #0123456789abcdef"
let line effect =
    let hash = SipHash.ofBytes key (Form.bytes EffectForms.effect effect).Span
    $"{words effect} #{hash:x16}"
