module SipFun.Tests.Resolution.InquiriesTests

open Expecto
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private a = question "A" "a.example.com"
let private second = 1000L<ms>

let tests =
    testList "Inquiries" [
        testCase "under way until it is answered, or the time for that is up"
        <| fun () ->
            let asked = Inquiries.add 9 0L<ms> (15L * second) a Inquiries.empty
            Expect.isTrue (Inquiries.isUnderWay (14_999L<ms>) a asked) "under way"
            Expect.isFalse (Inquiries.isUnderWay (15L * second) a asked) "lost"
            Expect.equal (Inquiries.remove a asked) Inquiries.empty "answered"
            let again = Inquiries.add 9 (10L * second) (15L * second) a asked
            Expect.isTrue (Inquiries.isUnderWay (24L * second) a again) "asked again"

        testCase "what is lost makes room; what is under way does not"
        <| fun () ->
            let add at n = Inquiries.add 2 at (15L * second) (question "A" $"h{n}.example.com")
            let full = Inquiries.empty |> add 0L<ms> 1 |> add second 2
            Expect.equal (add (2L * second) 3 full) full "full"
            let later = add (15L * second) 3 full
            Expect.equal later.Until.Count 2 "the first was lost"

        testProperty "D7: whatever is asked and answered, the table keeps its bound and its laws"
        <| fun (asked: (byte * bool * uint16) list) ->
            let take struct (now, inquiries) (name: byte, isAnswer, wait: uint16) =
                let now = now + int64 wait * 1L<ms>
                let name = question "A" $"h{name % 20uy}.example.com"

                let inquiries =
                    if isAnswer then
                        Inquiries.remove name inquiries
                    else
                        Inquiries.add 7 now (15L * second) name inquiries

                Expect.equal (Inquiries.violations 7 inquiries) [] "laws"
                struct (now, inquiries)

            asked |> List.fold take (struct (0L<ms>, Inquiries.empty)) |> ignore
    ]
