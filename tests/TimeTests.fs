module SipFun.Tests.TimeTests

open Expecto
open SipFun.Core

let tests =
    testList "Time" [
        testProperty "an instant and a duration give an instant, and back"
        <| fun (start: int) (length: int) ->
            let start: Instant = int64 start * 1L<ms>
            let length: Duration = int64 length * 1L<ms>
            start + length - start = length
    ]
