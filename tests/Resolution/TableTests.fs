// P-27: which stages of RFC 3263 find the hops, for every scheme, transport parameter, host and
// port, with and without SRV records: 96 combinations, against a table made from the RFC by hand.
module SipFun.Tests.Resolution.TableTests

open System
open Expecto
open SipFun.Tests.Resolution.Resolving

let private addresses = [
    "example.com A 192.0.2.10"
    "u.example.com A 192.0.2.1"
    "t.example.com A 192.0.2.2"
    "s.example.com A 192.0.2.3"
]

let private services = [
    "_sip._udp.example.com SRV 2 1 6001 u.example.com"
    "_sip._tcp.example.com SRV 1 1 6002 t.example.com"
    "_sips._tcp.example.com SRV 0 1 6003 s.example.com"
]

/// URI | hops with SRV records | hops without; "same" where SRV must not be asked for.
let private table =
    """
sip:192.0.2.9                           | udp:192.0.2.9:5060   | same
sip:192.0.2.9:5555                      | udp:192.0.2.9:5555   | same
sip:192.0.2.9;transport=udp             | udp:192.0.2.9:5060   | same
sip:192.0.2.9:5555;transport=udp        | udp:192.0.2.9:5555   | same
sip:192.0.2.9;transport=tcp             | tcp:192.0.2.9:5060   | same
sip:192.0.2.9:5555;transport=tcp        | tcp:192.0.2.9:5555   | same
sip:192.0.2.9;transport=tls             | tls:192.0.2.9:5061   | same
sip:192.0.2.9:5555;transport=tls        | tls:192.0.2.9:5555   | same
sip:192.0.2.9;transport=ws              | ws:192.0.2.9:80      | same
sip:192.0.2.9:5555;transport=ws         | ws:192.0.2.9:5555    | same
sip:192.0.2.9;transport=wss             | wss:192.0.2.9:443    | same
sip:192.0.2.9:5555;transport=wss        | wss:192.0.2.9:5555   | same
sip:example.com                         | all three            | udp:192.0.2.10:5060
sip:example.com:5555                    | udp:192.0.2.10:5555  | same
sip:example.com;transport=udp           | udp:192.0.2.1:6001   | udp:192.0.2.10:5060
sip:example.com:5555;transport=udp      | udp:192.0.2.10:5555  | same
sip:example.com;transport=tcp           | tcp:192.0.2.2:6002   | tcp:192.0.2.10:5060
sip:example.com:5555;transport=tcp      | tcp:192.0.2.10:5555  | same
sip:example.com;transport=tls           | tls:192.0.2.3:6003   | tls:192.0.2.10:5061
sip:example.com:5555;transport=tls      | tls:192.0.2.10:5555  | same
sip:example.com;transport=ws            | ws:192.0.2.10:80     | same
sip:example.com:5555;transport=ws       | ws:192.0.2.10:5555   | same
sip:example.com;transport=wss           | wss:192.0.2.10:443   | same
sip:example.com:5555;transport=wss      | wss:192.0.2.10:5555  | same
sips:192.0.2.9                          | tls:192.0.2.9:5061   | same
sips:192.0.2.9:5555                     | tls:192.0.2.9:5555   | same
sips:192.0.2.9;transport=udp            | Transports: NoTransport | same
sips:192.0.2.9:5555;transport=udp       | Transports: NoTransport | same
sips:192.0.2.9;transport=tcp            | tls:192.0.2.9:5061   | same
sips:192.0.2.9:5555;transport=tcp       | tls:192.0.2.9:5555   | same
sips:192.0.2.9;transport=tls            | tls:192.0.2.9:5061   | same
sips:192.0.2.9:5555;transport=tls       | tls:192.0.2.9:5555   | same
sips:192.0.2.9;transport=ws             | wss:192.0.2.9:443    | same
sips:192.0.2.9:5555;transport=ws        | wss:192.0.2.9:5555   | same
sips:192.0.2.9;transport=wss            | wss:192.0.2.9:443    | same
sips:192.0.2.9:5555;transport=wss       | wss:192.0.2.9:5555   | same
sips:example.com                        | tls:192.0.2.3:6003   | tls:192.0.2.10:5061
sips:example.com:5555                   | tls:192.0.2.10:5555  | same
sips:example.com;transport=udp          | Transports: NoTransport | same
sips:example.com:5555;transport=udp     | Transports: NoTransport | same
sips:example.com;transport=tcp          | tls:192.0.2.3:6003   | tls:192.0.2.10:5061
sips:example.com:5555;transport=tcp     | tls:192.0.2.10:5555  | same
sips:example.com;transport=tls          | tls:192.0.2.3:6003   | tls:192.0.2.10:5061
sips:example.com:5555;transport=tls     | tls:192.0.2.10:5555  | same
sips:example.com;transport=ws           | wss:192.0.2.10:443   | same
sips:example.com:5555;transport=ws      | wss:192.0.2.10:5555  | same
sips:example.com;transport=wss          | wss:192.0.2.10:443   | same
sips:example.com:5555;transport=wss     | wss:192.0.2.10:5555  | same
"""

let private allThree = "udp:192.0.2.1:6001 tcp:192.0.2.2:6002 tls:192.0.2.3:6003"

let private rows =
    table.Replace("all three", allThree).Split('\n', StringSplitOptions.RemoveEmptyEntries)
    |> Array.map (fun line -> line.Split '|' |> Array.map _.Trim())
    |> List.ofArray

let private shown (row: string[]) (expected: string) lines (what: string) =
    let found = hops lines everyLeg row[0]
    Expect.equal (String.concat " " found) expected $"{row[0]} {what}"

let tests =
    testList "Table" [
        testCase "P-27: scheme x transport x numeric or name x port x SRV: 96 combinations"
        <| fun () ->
            Expect.equal (2 * rows.Length) 96 "rows"

            for row in rows do
                shown row row[1] (addresses @ services) "with SRV"
                shown row (if row[2] = "same" then row[1] else row[2]) addresses "without SRV"

        testCase "P-27: SRV is asked for exactly where the table says so"
        <| fun () ->
            for row in rows do
                let story = tell (addresses @ services) everyLeg row[0]
                let hasSrv = asked story |> List.exists _.StartsWith("SRV")
                Expect.equal hasSrv (row[2] <> "same") row[0]

        testCase "P-27: a numeric host asks nothing"
        <| fun () ->
            for row in rows |> List.filter (fun row -> row[0].Contains "192.0.2.9") do
                Expect.isEmpty (asked (tell addresses everyLeg row[0])) row[0]

        testCase "P-29: sips never ends on a target without TLS"
        <| fun () ->
            for row in rows |> List.filter (fun row -> row[0].StartsWith "sips:") do
                for hop in hops (addresses @ services) everyLeg row[0] do
                    let isSecure = hop.StartsWith "tls:" || hop.StartsWith "wss:"
                    Expect.isTrue (isSecure || hop.Contains "NoTransport") $"{row[0]} {hop}"
    ]
