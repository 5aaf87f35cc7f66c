module SipFun.Tests.CSharpApi.Dns.StaticDnsResolverTests

open System
open System.Net
open System.Threading
open Expecto
open SipFun

let private ask (resolver: IDnsResolver) name kind =
    resolver.QueryAsync(DnsQuestion(name, kind), CancellationToken.None).Result

let private address (record: DnsRecord) =
    match record with
    | :? AddressRecord as record -> string record.Address
    | record -> string record

let private addresses (answer: DnsAnswer) = answer.Records |> Seq.map address |> List.ofSeq

let private zone () =
    StaticDnsResolver()
        .AddSrv("_sip._udp.example.com", "a.example.com", 5070, priority = 1, weight = 2)
        .AddAddress("a.example.com", "192.0.2.1")
        .AddAddress("a.example.com", "2001:db8::1")
        .AddAddress("A.example.com.", IPAddress.Parse "192.0.2.2", TimeSpan.FromSeconds 9.0)
        .AddCname("b.example.com", "A.Example.com.")
        .AddNaptr("example.com", "SIP+D2U", "_sip._udp.example.com", 10, 20)

let tests =
    testList "StaticDnsResolver" [
        testCase "records of the name and type asked for, in the order in which they were added"
        <| fun () ->
            Expect.equal
                (addresses (ask (zone ()) "a.example.com" DnsType.A))
                [ "192.0.2.1"; "192.0.2.2" ]
                "A"

            Expect.equal
                (addresses (ask (zone ()) "A.EXAMPLE.com." DnsType.Aaaa))
                [ "2001:db8::1" ]
                "AAAA, in any case"

        testCase "SRV and NAPTR come with all their fields"
        <| fun () ->
            let ttl = StaticDnsResolver.DefaultTtl

            Expect.equal
                (ask (zone ()) "_sip._udp.example.com" DnsType.Srv)
                (DnsAnswer.Of [|
                    SrvRecord("_sip._udp.example.com", ttl, 1, 2, 5070, "a.example.com")
                |])
                "SRV"

            let target = "_sip._udp.example.com"

            Expect.equal
                (ask (zone ()) "example.com" DnsType.Naptr)
                (DnsAnswer.Of [|
                    NaptrRecord("example.com", ttl, 10, 20, "s", "SIP+D2U", "", target)
                |])
                "NAPTR"

        testCase "an alias is followed, and stands before what it leads to"
        <| fun () ->
            let answer = ask (zone ()) "b.example.com" DnsType.A
            Expect.equal answer.Records.Count 3 "the alias and two addresses"
            Expect.isTrue (answer.Records[0] :? CnameRecord) "first"

            let alias = ask (zone ()) "b.example.com" DnsType.Cname
            Expect.equal alias.Records.Count 1 "asked for itself, it is not followed"

        testCase "a loop of aliases ends"
        <| fun () ->
            let loop =
                StaticDnsResolver().AddCname("a.test", "b.test").AddCname("b.test", "a.test")

            Expect.isLessThan (ask loop "a.test" DnsType.A).Records.Count 20 "bounded"

        testCase "a name without the type, a name with names below it, and no such name"
        <| fun () ->
            let status name kind = (ask (zone ()) name kind).Status
            Expect.equal (status "a.example.com" DnsType.Srv) DnsStatus.NoData "no SRV there"
            Expect.equal (status "com" DnsType.A) DnsStatus.NoData "names below it (RFC 8020)"
            Expect.equal (status "c.example.com" DnsType.A) DnsStatus.NxDomain "not there"
            Expect.equal (status "xample.com" DnsType.A) DnsStatus.NxDomain "not a label's end"

        testCase "a question can be told to fail, and to work again"
        <| fun () ->
            let zone = zone().Fail("a.example.com", DnsType.A, DnsStatus.ServFail)
            Expect.equal (ask zone "a.example.com" DnsType.A).Status DnsStatus.ServFail "fails"
            Expect.equal (ask zone "a.example.com" DnsType.Aaaa).Status DnsStatus.Ok "only that one"
            zone.Fail("a.example.com", DnsType.A, DnsStatus.Ok) |> ignore
            Expect.equal (ask zone "a.example.com" DnsType.A).Status DnsStatus.Ok "again"

        testCase "a name can be removed"
        <| fun () ->
            let zone = zone().Remove("A.example.com")
            Expect.equal (ask zone "a.example.com" DnsType.A).Status DnsStatus.NxDomain "gone"

        testCase "a cancelled question is cancelled, and what is missing is refused at once"
        <| fun () ->
            let question = DnsQuestion("a.example.com", DnsType.A)
            let task = (zone () :> IDnsResolver).QueryAsync(question, CancellationToken true)
            Expect.isTrue task.IsCanceled "cancelled"

            Expect.throwsT<FormatException>
                (fun () -> StaticDnsResolver().AddAddress("a", "not an address") |> ignore)
                "no address"
    ]
