// The location service in memory, in virtual time.
module SipFun.Tests.CSharpApi.Registrar.StoreTests

open System
open System.Collections.Generic
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun

let private bob = AddressOfRecord.Parse "sip:bob@example.test"

let private binding contact (seconds: int) =
    Binding(
        Contact = NameAddr.Parse contact,
        ExpiresIn = TimeSpan.FromSeconds(int64 seconds),
        CallId = CallId.Parse "one",
        CSeq = 1u
    )

let private lookup (store: ILocationStore) address =
    let answer = store.LookupAsync address
    Expect.isTrue answer.IsCompletedSuccessfully "at once"
    List.ofSeq answer.Result

let private replace (store: ILocationStore) address (bindings: Binding list) =
    let answer = store.UpdateAsync(address, fun _ -> List<Binding> bindings)
    Expect.isTrue answer.IsCompletedSuccessfully "at once"
    answer.Result

let private uris bindings = bindings |> List.map (fun (one: Binding) -> string one.Uri)

let private inTime run () =
    let time = FakeTimeProvider()
    use store = new InMemoryLocationStore(2, time)
    run time store

let private seconds (s: float) = TimeSpan.FromSeconds s

let private ages (time: FakeTimeProvider) store =
    replace store bob [ binding "sip:a@a.test" 10; binding "sip:b@b.test" 5 ] |> ignore
    time.Advance(seconds 4.0)
    let left = lookup store bob |> List.map (fun one -> one.ExpiresIn)
    Expect.equal left [ seconds 6.0; seconds 1.0 ] "in the order written, counted down"
    time.Advance(seconds 1.0)
    Expect.equal (uris (lookup store bob)) [ "sip:a@a.test" ] "one has expired"

let private tells (time: FakeTimeProvider) (store: InMemoryLocationStore) =
    let told = List<string>()

    store.add_Expired (fun address bindings ->
        told.Add $"{address}: {uris (List.ofSeq bindings)}"
        failwith "lost")

    replace store bob [ binding "sip:a@a.test" 10; binding "sip:b@b.test" 5 ] |> ignore
    time.Advance(seconds 5.0)
    time.Advance(seconds 5.0)

    Expect.equal
        (List.ofSeq told)
        [ $"{bob}: [sip:b@b.test]"; $"{bob}: [sip:a@a.test]" ]
        "each when its time came"

    Expect.equal store.Count 0 "nobody is left"

let private keeps _ (store: InMemoryLocationStore) =
    replace store bob [ binding "sip:a@a.test" 10 ] |> ignore
    let answer = (store :> ILocationStore).UpdateAsync(bob, fun _ -> null)
    Expect.isTrue answer.Result "there was nothing to refuse"
    Expect.equal (uris (lookup store bob)) [ "sip:a@a.test" ] "as it was"

let private fills (time: FakeTimeProvider) (store: InMemoryLocationStore) =
    let name n = AddressOfRecord.Parse $"sip:user{n}@example.test"
    let one = [ binding "sip:a@a.test" 10 ]
    let taken = [ 1; 2; 3; 1 ] |> List.map (fun n -> replace store (name n) one)
    Expect.equal taken [ true; true; false; true ] "two names and no third"
    Expect.isEmpty (lookup store (name 3)) "nothing was changed"
    time.Advance(seconds 10.0)
    Expect.isTrue (replace store (name 3) one) "there is room again"

let tests =
    testList "InMemoryLocationStore" [
        testCase "bindings age, and are gone at their time" (inTime ages)
        testCase "what expires is told once; what a handler throws is lost" (inTime tells)
        testCase "null leaves the bindings as they are" (inTime keeps)
        testCase "one address more than may be is refused" (inTime fills)
    ]
