module SipFun.Tests.Message.UriComparisonTests

open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun

let private read (text: string) = SipUri.Parse text

let private same =
    testList "the same" [
        for a, b in
            [
                "tel:+1-201", "tel:+1201"
                "tel:*A;phone-context=X.org", "tel:*a;Phone-Context=x.ORG"
                "tel:+1;ext=1-2", "tel:+1;ext=12" // RFC 3966, 4: "after removing all
                "tel:1;phone-context=+1-2", "tel:1;phone-context=+12" // visual separators"
                "tel:+1;X=aB", "tel:+1;x=Ab" // "URI comparisons are case-insensitive"
                "sip:a@b?Subject=x", "sip:a@b?subject=x"
            ] do
            testCase $"{a} is {b}"
            <| fun () ->
                Expect.isTrue ((read a).IsEquivalentTo(read b)) "there"
                Expect.isTrue ((read b).IsEquivalentTo(read a)) "back"

        for a, b in
            [
                "tel:1;phone-context=a-b.c", "tel:1;phone-context=ab.c" // a name
                "tel:+1;ext=1", "tel:+1;ext=2"
                "sip:a@b?subject=x", "sip:a@b?subject=X" // 19.1.4, by the field's own rules
                "sip:a@b?from=%3Csip:A%40b%3E", "sip:a@b?from=%3Csip:a%40b%3E"
                "sip:a:p@b", "sip:a:q@b" // "the userinfo ... password"
                "sip:a:p@b", "sip:a@b"
                "sip:a:p@b", "sip:a:P@b"
            ] do
            testCase $"{a} is not {b}"
            <| fun () ->
                Expect.isFalse ((read a).IsEquivalentTo(read b)) "there"
                Expect.isFalse ((read b).IsEquivalentTo(read a)) "back"
                Expect.notEqual (read a) (read b) "Equals"
    ]

/// A URI and a spelling of it that means the same (19.1.4).
let private respelled =
    gen {
        let! user = Gen.elements [ "alice"; "a%3Bb"; "bob:pw" ]

        let! parameters =
            Gen.subListOf [ ";lr"; ";transport=tcp"; ";x=Aa"; ";n%61me=v%61l"; ";%C9=1" ]

        let! headers = Gen.subListOf [ "Subject=Hi"; "Priority=urgent"; "Route=%3Csip:a%3E" ]
        let! others = Gen.shuffle parameters
        let! swapped = Gen.shuffle headers

        let spell (ps: string seq) hs =
            String.concat "" ps
            + (match String.concat "&" hs with
               | "" -> ""
               | t -> "?" + t)

        let other =
            spell (others |> Array.map (_.Replace("x=", "X=").Replace("tcp", "%54CP"))) swapped

        return $"sip:{user}@Example.com{spell parameters headers}", $"SIP:{user}@example.COM{other}"
    }

let private laws =
    testList "P-07" [
        testPropertyWithConfig Generators.config "equivalent pairs do occur"
        <| Prop.forAll (Arb.fromGen respelled) (fun (a, b) ->
            let a, b = read a, read b

            a = b
            && a.IsEquivalentTo b
            && b.IsEquivalentTo a
            && a.IsEquivalentTo a
            && a.GetHashCode() = b.GetHashCode())

        testPropertyWithConfig Generators.config "reflexive, symmetric, implied by Equals"
        <| Prop.forAll (Arb.fromGen (Gen.two respelled)) (fun ((a, _), (_, b)) ->
            let a, b = read a, read b

            a.IsEquivalentTo b = b.IsEquivalentTo a
            && (a <> b || (a.IsEquivalentTo b && a.GetHashCode() = b.GetHashCode())))
    ]

let tests = testList "UriComparison" [ same; laws ]
