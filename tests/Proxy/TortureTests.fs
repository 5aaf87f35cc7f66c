// RFC 4475's messages at a proxy: the proxy's column of expected.tsv, row by row.
module SipFun.Tests.Proxy.TortureTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Message
open SipFun.Tests.Rig
open SipFun.Tests.Proxy.ProxyNode

let private rules = {
    settings.Rules with
        DomainProxies = Map [ "*", SipUri.Parse "sip:127.0.0.9:5080" ]
}

let private node =
    create { settings with Rules = rules } { own with AllowForeign = true } [ Rig.own ]

/// A response comes back to us: our Via is on top, as we put it on the request that it answers.
let private answered (response: SipResponse) =
    let request = ask "OPTIONS" "sip:b@b.test" "z9hG4bK1" "" []
    let request = request.WithTopVia response.TopVia
    let out = node |> takes 1 peer request |> ProxyNode.request
    response.WithTopVia(out.Vias[1]).PushVia(out.TopVia)

/// Datagrams that end before the empty line get it, as the archive lost it.
let private whole (packet: byte[]) =
    let text = Text.Encoding.Latin1.GetString packet

    if text.Contains("\r\n\r\n", StringComparison.Ordinal) then
        packet
    else
        Array.append packet "\r\n"B

let private refused (packet: byte[]) (error: ParseError) =
    let input = Unparsed(1, peer, ReadOnlyMemory packet, error.SuggestedStatus)

    match sent (ProxyNode.give input { node with Sent = [] }) with
    | [] -> "drop"
    | one :: _ -> Text.Encoding.ASCII.GetString(one.Packet.Span.Slice(8, 3))

let private passed (message: SipMessage) =
    match sent (node |> takes 1 peer message) with
    | [] -> "drop"
    | one :: _ ->
        match messageOf one with
        | :? SipResponse as response when (message :? SipRequest) -> string response.StatusCode
        | _ -> "forward"

/// What comes of the bytes of one datagram: what the parser's refusal answers, or the proxy does.
let private outcome name (packet: byte[]) =
    match Corpus.parse packet with
    | Error error -> refused packet error
    | Ok(:? SipResponse as response) when name <> "bcast.dat" -> passed (answered response)
    | Ok message -> passed message

/// By the proxy's column; "same" is the user agent's. A branch that is the cookie alone is no branch
/// of RFC 3261: it is passed on by RFC 2543's rules.
let private isAllowed (row: string[]) (came: string) =
    let wanted = if row[7].StartsWith "same" then row[6] + ", 400, forward" else row[7]
    wanted.Contains(came, StringComparison.Ordinal)

let tests =
    let messages = dict Corpus.rfc4475.Value

    testList "RFC 4475" [
        for row in Corpus.table "rfc4475/expected.tsv" do
            if row[0] <> "test.dat" then
                testCase $"{row[0]}: {row[7]}"
                <| fun () ->
                    let came = outcome row[0] (whole messages[row[0]])
                    Expect.isTrue (isAllowed row came) $"it came to {came}"

        testCase "bcast: also with our Via on top nothing goes to 255.255.255.255 (3.3.10)"
        <| fun () ->
            match Corpus.parse messages["bcast.dat"] with
            | Ok(:? SipResponse as response) ->
                let below = response.WithoutTopVia()
                let node = node |> takes 1 peer (below.PushVia(answered(below).TopVia))
                same (sent node) [] "nothing"
            | other -> failwithf "%A" other
    ]
