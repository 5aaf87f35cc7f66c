module SipFun.Tests.Resolution.NetworkTests

open Expecto
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private network text = (Network.parse text).Value

let private bits (address: Address) = [
    for word, width in
        [
            if address.Family = Family.V6 then
                address.High, 64
                address.Low, 64
            else
                address.Low, 32
        ] do
        for bit in width - 1 .. -1 .. 0 -> (word >>> bit) &&& 1UL
]

let tests =
    testList "Network" [
        testCase "an address is in a block whose leading bits it shares"
        <| fun () ->
            for block, inside, outside in
                [
                    "192.0.2.0/24", "192.0.2.255", "192.0.3.0"
                    "192.0.2.77/24", "192.0.2.1", "192.0.1.77"
                    "10.0.0.0/8", "10.255.0.1", "11.0.0.0"
                    "0.0.0.0/0", "203.0.113.9", "::1"
                    "192.0.2.7", "192.0.2.7", "192.0.2.6"
                    "2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"
                    "2001:db8:0:1::/64", "2001:db8:0:1:ffff::", "2001:db8:0:2::"
                    "2001:db8::8/125", "2001:db8::f", "2001:db8::10"
                    "::/0", "2001:db8::1", "192.0.2.1"
                    "::1/128", "::1", "::2"
                ] do
                Expect.isTrue
                    (Network.contains (address inside) (network block))
                    $"{inside} {block}"

                Expect.isFalse
                    (Network.contains (address outside) (network block))
                    $"{outside} {block}"

        testCase "a text without its host bits"
        <| fun () ->
            Expect.equal (Network.toString (network "192.0.2.77/24")) "192.0.2.0/24" "IPv4"
            Expect.equal (Network.toString (network "2001:db8::9/32")) "2001:db8::/32" "IPv6"

        testCase "what is no block"
        <| fun () ->
            for text in
                [ ""; "/"; "a"; "1.2.3.4/33"; "1.2.3.4/-1"; "1.2.3.4/ 8"; "::/129"; "::/1/1" ] do
                Expect.isTrue (Network.parse text).IsNone text

        testProperty "as many leading bits are compared as the length says"
        <| fun (high: uint64) (low: uint64) (otherHigh: uint64) (otherLow: uint64) (length: byte) ->
            let one, other = Address.ofV6 high low 0u, Address.ofV6 otherHigh otherLow 0u
            let length = int length % 129
            let same = List.truncate length (bits one) = List.truncate length (bits other)

            one.Family <> Family.V6
            || other.Family <> Family.V6
            || Network.contains other (Network.create one length) = same
    ]
