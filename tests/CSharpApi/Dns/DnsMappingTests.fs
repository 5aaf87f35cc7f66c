module SipFun.Tests.CSharpApi.Dns.DnsMappingTests

open System
open System.Collections.Generic
open System.Net
open Expecto
open SipFun
open SipFun.Core

let private ttl = TimeSpan.FromSeconds 60.0

let private mapped (records: DnsRecord list) =
    DnsMapping.ToAnswer(DnsAnswer(DnsStatus.Ok, List<DnsRecord> records))

let private host (name: string) ttl : DnsRecord =
    AddressRecord(name, ttl, IPAddress.Parse "192.0.2.1")

let private srv priority weight port (target: string) : DnsRecord =
    SrvRecord("_sip._udp.example.com", ttl, priority, weight, port, target)

let private naptr order (flags: string) (replacement: string) : DnsRecord =
    NaptrRecord("example.com", ttl, order, 0, flags, "SIP+D2U", "", replacement)

let private nothing = Answer.failed DnsStatus.NoData
let private absent<'T when 'T: not struct> = Unchecked.defaultof<'T>

let tests =
    testList "DnsMapping" [
        testCase "records keep what they say; names lose case and trailing dot"
        <| fun () ->
            let answer =
                mapped [
                    host "A.example.com." ttl
                    srv 1 2 3 "B.example.com."
                    CnameRecord("c.example.com", ttl, "D.example.com")
                    naptr 5 "S" "_sip._udp.Example.com."
                ]

            Expect.equal
                (answer.Records |> Array.map (fun r -> r.Name, r.Ttl, r.Data))
                [|
                    "a.example.com", 60, AddressOf(Address.ofV4 0xC0000201u)
                    "_sip._udp.example.com", 60, ServiceAt(1, 2, 3, "b.example.com")
                    "c.example.com", 60, AliasOf "d.example.com"
                    "example.com", 60, PointerTo(5, 0, "S", "SIP+D2U", "", "_sip._udp.example.com")
                |]
                "all four"

        testCase "SRV target \".\" is the empty name"
        <| fun () ->
            let answer = mapped [ srv 0 0 0 "." ]
            Expect.equal answer.Records[0].Data (ServiceAt(0, 0, 0, "")) "absent"

        testCase "a question comes as it is"
        <| fun () ->
            Expect.equal
                (DnsMapping.ToDnsQuestion(Question.create "A.example.com." DnsType.Aaaa))
                (DnsQuestion("a.example.com", DnsType.Aaaa))
                "in lower case"

        testCase "no answer, no list, no records, no such status"
        <| fun () ->
            let failed = Answer.failed DnsStatus.ServFail
            let unknown = DnsAnswer(enum<DnsStatus> 99, [||])
            Expect.equal (DnsMapping.ToAnswer absent) failed "no answer"
            Expect.equal (DnsMapping.ToAnswer(DnsAnswer(DnsStatus.Ok, absent))) nothing "no list"
            Expect.equal (mapped []) nothing "no records"
            Expect.equal (mapped [ absent; absent ]) nothing "no records in the list"
            Expect.equal (DnsMapping.ToAnswer unknown) failed "no such status"

        testCase "a failure has no records, whatever it brings"
        <| fun () ->
            for status in [ DnsStatus.NoData; DnsStatus.NxDomain; DnsStatus.TimedOut ] do
                let answer = DnsAnswer(status, [| host "a" ttl |])
                Expect.equal (DnsMapping.ToAnswer answer) (Answer.failed status) (string status)

        testCase "nonsense is left out"
        <| fun () ->
            let long = String('a', 256)

            for record in
                [
                    host absent ttl
                    host long ttl
                    AddressRecord("a", ttl, absent)
                    srv -1 0 5060 "a"
                    srv 0 65536 5060 "a"
                    srv 0 0 65536 "a"
                    srv 0 0 5060 absent
                    srv 0 0 5060 long
                    CnameRecord("a", ttl, absent)
                    naptr 70000 "s" "a"
                    naptr 0 "s" absent
                ] do
                Expect.equal (mapped [ record ]) nothing (string record)

            Expect.equal (mapped [ naptr 0 absent "a" ]).Records.Length 1 "no flags are empty flags"

        testCase "TTL: whole seconds, from 0 to what fits"
        <| fun () ->
            for given, expected in
                [
                    TimeSpan.FromSeconds -5.0, 0
                    TimeSpan.FromSeconds 1.9, 1
                    TimeSpan.MaxValue, Int32.MaxValue
                    TimeSpan.MinValue, 0
                ] do
                Expect.equal (mapped [ host "a" given ]).Records[0].Ttl expected (string given)

        testCase "of more than 1,000 records the first 1,000 are taken"
        <| fun () ->
            let records = [ for n in 1..1500 -> srv n 0 5060 "a" ]
            Expect.equal (mapped records).Records.Length 1000 "cut"
    ]
