module SipFun.Tests.Message.NameAddrTests

open Expecto
open FsCheck.FSharp
open SipFun
open SipFun.Core

let private read text = NameAddr.Parse text

let private values =
    testList "values" [
        testCase "Equals: URI and parameters, not the name (20.20)"
        <| fun () ->
            Expect.equal (read "Bob <sip:b>;tag=1;x") (read "\"B\" <sip:b>;X;tag=1") "same"
            Expect.notEqual (read "<sip:b>;tag=1") (read "<sip:b>;tag=2") "value"
            Expect.notEqual (read "<sip:b>;tag=1") (read "<sip:b>") "missing"
            Expect.notEqual (read "<sip:b>;tag=1") (read "<sip:c>;tag=1") "URI"

        testCase "WithUri keeps name and parameters"
        <| fun () ->
            let moved = (read "\"A B\" <sip:a>;tag=1;x=\"y z\"").WithUri(SipUri.Parse "sip:c")
            Expect.equal (string moved) "\"A B\" <sip:c>;tag=1;x=\"y z\"" "text"

        testCase "an edit leaves the other parameters as they were written"
        <| fun () ->
            let address = read "<sip:a>;+g.3gpp.icsi-ref=\"urn%3Ax\";Q=0.50;tag=1"
            let expected = "<sip:a>;+g.3gpp.icsi-ref=\"urn%3Ax\";Q=0.50;tag=2"
            Expect.equal (string (address.WithTag "2")) expected "tag"
            let without = "<sip:a>;Q=0.50;tag=1"
            Expect.equal (string (address.WithoutParameter "+G.3gpp.icsi-ref")) without "without"
            let moved = address.WithUri(SipUri.Parse "sip:c")
            Expect.stringEnds (string moved) ";+g.3gpp.icsi-ref=\"urn%3Ax\";Q=0.50;tag=1" "URI"

        testPropertyWithConfig Generators.config "what is edited is read again"
        <| Prop.forAll (Arb.fromGen Generators.address) (fun text ->
            let address = read text
            let moved = address.WithUri address.Uri

            moved = address
            && moved.DisplayName = address.DisplayName
            && moved.GetHashCode() = address.GetHashCode())
    ]

/// RFC 3261, 25.1: "rec-route = name-addr *( SEMI rr-param )", "route-param = name-addr ...";
/// RFC 3327, 4 and RFC 3608, 5: name-addr; Alert-Info, Call-Info, Error-Info: LAQUOT absoluteURI
/// RAQUOT, without a name.
let private brackets =
    let routes: HeaderField list = [
        HeaderFields.Route
        HeaderFields.RecordRoute
        HeaderFields.Path
        HeaderFields.ServiceRoute
    ]

    let infos: HeaderField list = [
        HeaderFields.AlertInfo
        HeaderFields.CallInfo
        HeaderFields.ErrorInfo
    ]

    let fault (field: HeaderField) value =
        let lines = $"{field.Name}: {value}"

        let bare =
            Corpus.invite.Replace("Route: ", "X-Route: ").Replace("X-Odd", lines + "\nX-Odd")

        let message = Corpus.message bare
        field.Fault(FieldLines(message.Bytes, message.Index, field.Id))

    testList "brackets" [
        for field in routes @ infos do
            testCase field.Name
            <| fun () ->
                Expect.isNull (fault field "<sip:p1;lr>, <sip:p2>;x=y") "brackets"
                Expect.isNotNull (fault field "sip:p1;lr") "no brackets"
                Expect.isNotNull (fault field "<sip:p1;lr>, sip:p2") "the second without"

                Expect.equal
                    (isNull (fault field "Name <sip:p1;lr>"))
                    (List.contains field routes)
                    "display name"
    ]

let tests = testList "NameAddr" [ values; brackets ]
