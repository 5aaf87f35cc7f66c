// The registrar's face over loopback: in the turn with the store in memory, on the pool with others.
module SipFun.Tests.CSharpApi.Registrar.RegistrarTests

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Text
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House
open SipFun.Tests.CSharpApi.Registrar.Registering

/// With a registrar and its store in virtual time.
let private inTime (change: RegistrarOptions -> RegistrarOptions) run =
    inVirtualTime (fun time dispatcher peer ->
        use store = new InMemoryLocationStore(2, time)
        use registrar = new Registrar(change (options store))
        dispatcher.SetReceiver registrar
        run time dispatcher peer registrar)

let private binds =
    inTime id (fun time dispatcher peer registrar ->
        let request = bound peer "bob"
        let response = ask dispatcher peer request
        Expect.equal response.StatusCode 200 "taken"
        Expect.equal response.Contacts[0].Expires (Nullable 3600u) "for an hour"
        Expect.isTrue response.Date.HasValue "with its Date"
        time.Advance(TimeSpan.FromSeconds 10.0)

        match lookup registrar.Store "bob" with
        | [ binding ] ->
            Expect.equal (string binding.Uri) $"sip:bob@{peer.EndPoint}" "its Contact"
            Expect.equal binding.ExpiresIn (TimeSpan.FromSeconds 3590.0) "counts down"
            Expect.equal binding.Age (TimeSpan.FromSeconds 10.0) "and up"
            Expect.equal binding.Source peer.Hop "where it came from"
            Expect.equal binding.Leg dispatcher.Legs[0] "and by what"
        | other -> failtest $"{other.Length} bindings")

let private absorbs =
    inTime id (fun _ dispatcher peer _ ->
        let late = bound peer "bob"
        let request = (bound peer "bob").WithHeader("Call-ID", string late.CallId)

        let answers = [
            for _ in 1..3 do
                peer.Send(request, local dispatcher)
                Encoding.UTF8.GetString(peer.ReceiveBytes())
        ]

        Expect.hasLength (List.distinct answers) 1 "the same bytes"
        Expect.equal (status dispatcher peer late) 500 "what was sent before comes too late (10.3)")

let private isInstant =
    inTime id (fun _ dispatcher peer registrar ->
        dispatcher.Inject(bound peer "bob", dispatcher.Legs[0], peer.Hop)
        Expect.hasLength (lookup registrar.Store "bob") 1 "done when Inject has returned")

let private tells =
    let heard = new BlockingCollection<BindingChange>()

    let hear (options: RegistrarOptions) =
        RegistrarOptions(
            Domains = options.Domains,
            Store = options.Store,
            OnChange = Action<_>(heard.Add)
        )

    let next () =
        let mutable change = Unchecked.defaultof<BindingChange>
        Expect.isTrue (heard.TryTake(&change, Patience.milliseconds)) "told"
        Expect.equal change.Address (address "bob") "whose it is"
        change.Kind

    inTime hear (fun time dispatcher peer _ ->
        ask dispatcher peer (bound peer "bob") |> ignore
        Expect.equal (next ()) BindingChangeKind.Added "new"
        ask dispatcher peer (bound peer "bob") |> ignore
        Expect.equal (next ()) BindingChangeKind.Refreshed "again"
        ask dispatcher peer (register peer "bob" [ "Contact", "*"; "Expires", "0" ]) |> ignore
        Expect.equal (next ()) BindingChangeKind.Removed "gone"
        ask dispatcher peer (bound peer "bob") |> ignore
        Expect.equal (next ()) BindingChangeKind.Added "new"
        time.Advance(TimeSpan.FromHours 1.0)
        Expect.equal (next ()) BindingChangeKind.Expired "over")

/// What has expired is told before what a REGISTER writes in its place, whenever the timer rings; and
/// before any REGISTER.
let private tellsInOrder =
    inVirtualTime (fun time dispatcher peer ->
        let heard = new BlockingCollection<BindingChangeKind>()
        use store = new InMemoryLocationStore(2, Unrung time)

        use registrar =
            new Registrar(
                RegistrarOptions(
                    Domains = [| domain |],
                    Store = store,
                    OnChange = Action<BindingChange>(fun change -> heard.Add change.Kind)
                )
            )

        let binding =
            Binding(
                Contact = NameAddr.Parse "<sip:bob@192.0.2.1>",
                ExpiresIn = TimeSpan.FromSeconds 10.0,
                CallId = CallId.Parse "one",
                CSeq = 1u
            )

        let inner: ILocationStore = store
        let write () = wait (inner.UpdateAsync(address "bob", fun _ -> [| binding |]).AsTask())
        Expect.isTrue (write ()) "bound before there is a dispatcher"
        time.Advance(TimeSpan.FromSeconds 10.0)
        Expect.isTrue (write ()) "bound anew"
        time.Advance(TimeSpan.FromSeconds 10.0)
        dispatcher.SetReceiver registrar
        Expect.equal (status dispatcher peer (bound peer "bob")) 200 "bound"

        let next () =
            let mutable kind = BindingChangeKind.Removed
            Expect.isTrue (heard.TryTake(&kind, Patience.milliseconds)) "told"
            kind

        Expect.equal
            [ for _ in 1..3 -> next () ]
            [
                BindingChangeKind.Expired
                BindingChangeKind.Expired
                BindingChangeKind.Added
            ]
            "in the order in which it happened")

let private fills =
    inTime id (fun _ dispatcher peer _ ->
        let answers = [ "a"; "b"; "c" ] |> List.map (bound peer >> ask dispatcher peer)
        Expect.equal (answers |> List.map _.StatusCode) [ 200; 200; 503 ] "two and no third"
        Expect.equal (answers[2].GetHeader "Retry-After") "60" "later, perhaps"
        Expect.equal (counter dispatcher "locations_full") 1L "counted"

        let many = [ for n in 1..11 -> "Contact", $"<sip:a@192.0.2.{n}>" ]
        Expect.equal (status dispatcher peer (register peer "a" many)) 403 "too many for one"
        Expect.equal (counter dispatcher "contacts_full") 1L "counted")

let private passes =
    inTime id (fun _ dispatcher peer _ ->
        let response =
            ask dispatcher peer (SipMessage.Parse(peer.Request "MESSAGE") :?> SipRequest)

        Expect.equal response.StatusCode 405 "takes REGISTER only"
        Expect.equal (response.GetHeader "Allow") "REGISTER" "and says so"
        let foreign = (bound peer "bob").WithRequestUri(SipUri.Parse "sip:foreign.test")
        Expect.equal (status dispatcher peer foreign) 404 "of its own domains"
        Expect.equal (counter dispatcher "register_refused") 1L "counted"
        let here = SipUri.Parse $"sip:{local dispatcher}"

        Expect.equal
            (status dispatcher peer ((bound peer "bob").WithRequestUri here))
            200
            "by address")

/// By what its legs advertise: the port is its transport's, an address is one however it is written.
let private isHere =
    testTheory "a Request-URI that names the dispatcher stands for the domains" [
        "sip.example.test:5061", "sip:sip.example.test;transport=tls"
        "sip.example.test:5061", "sips:SIP.example.test"
        "[2001:db8::1]:5060", "sip:[2001:DB8:0:0::1]"
    ]
    <| fun (advertised, uri) ->
        let leg = LegTests.advertising advertised (LegOptions.Udp "127.0.0.1:0")
        let dispatcher = start (DispatcherOptions(Legs = [| leg |]))
        use peer = new Peer()

        try
            dispatcher.SetReceiver(new Registrar(RegistrarOptions(Domains = [| domain |])))
            let request = (bound peer "bob").WithRequestUri(SipUri.Parse uri)
            Expect.equal (status dispatcher peer request) 200 uri
        finally
            finish dispatcher

let private leaves =
    inVirtualTime (fun _ dispatcher peer ->
        let registrar =
            new Registrar(RegistrarOptions(Domains = [| domain |], PassForeignDomains = true))

        let other =
            Receiver.From(
                Func<Received, Receipt>(fun received ->
                    received.Respond(received.CreateResponse 302) |> ignore
                    Receipt.Handled)
            )

        dispatcher.SetReceiver(Receiver.Chain(registrar, other))
        let foreign = (bound peer "bob").WithRequestUri(SipUri.Parse "sip:foreign.test")
        Expect.equal (status dispatcher peer foreign) 302 "the next one's"
        Expect.equal (status dispatcher peer (bound peer "bob")) 200 "ours")

let private authenticator =
    let users =
        Dictionary(
            dict [
                for user in [ "alice"; "bob@" + domain; "admin" ] ->
                    user, DigestSecret.FromPassword "secret"
            ]
        )

    DigestAuthenticatorOptions(Realm = domain, Users = users) |> DigestAuthenticator

/// A REGISTER for one, with the password of another.
let private statusAs dispatcher (peer: Peer) user whom =
    let request = bound peer whom
    let challenge = ask dispatcher peer request
    Expect.equal challenge.StatusCode 401 "asked"

    match DigestClient([| DigestCredentials(user, "secret") |]).Answer(request, challenge) with
    | null -> failtest "no answer"
    | again ->
        let via = Via.Parse(again.TopVia.ToString().Replace("z9hG4bK", "z9hG4bKnext"))
        ask dispatcher peer (again.WithTopVia via)

let private owns =
    inVirtualTime (fun _ dispatcher peer ->
        use registrar = new Registrar(RegistrarOptions(Domains = [| domain |]))
        dispatcher.SetReceiver(Receiver.Chain(authenticator, registrar))
        let own = statusAs dispatcher peer "alice" "alice"
        Expect.equal own.StatusCode 200 "her own"
        Expect.isNotNull (own.GetHeader "Authentication-Info") "signed"
        Expect.equal (statusAs dispatcher peer ("bob@" + domain) "bob").StatusCode 200 "his own"
        Expect.equal (statusAs dispatcher peer "alice" "bob").StatusCode 403 "not another's"
        Expect.isEmpty (lookup registrar.Store "carol") "nothing was bound")

let private asks =
    inVirtualTime (fun _ dispatcher peer ->
        let may (received: Received) (address: AddressOfRecord) =
            if string address.User = "fails" then
                failwith "a fault"

            ValueTask<bool>(received.AuthenticatedUser = "admin")

        let registrar =
            new Registrar(
                RegistrarOptions(Domains = [| domain |], MayRegister = Func<_, _, _>(may))
            )

        dispatcher.SetReceiver(Receiver.Chain(authenticator, registrar))
        Expect.equal (statusAs dispatcher peer "admin" "alice").StatusCode 200 "as we say"
        Expect.equal (statusAs dispatcher peer "alice" "alice").StatusCode 403 "as we say"
        Expect.equal (statusAs dispatcher peer "admin" "fails").StatusCode 500 "who does not know"
        Expect.equal (counter dispatcher "location_store_failed") 1L "counted")

let private finds =
    inTime id (fun _ dispatcher peer registrar ->
        let contact = $"<sip:bob@{peer.EndPoint}>;+sip.instance=\"<urn:x:1>\""
        let request = register peer "bob" [ "Contact", contact; "Supported", "gruu" ]
        let response = ask dispatcher peer request
        let gruu name = SipUri.Parse(string (response.Contacts[0].GetParameter name))

        let found uri =
            match wait (registrar.FindAsync(uri).AsTask()) with
            | null -> None
            | bindings -> Some bindings.Count

        Expect.equal (found (gruu "pub-gruu")) (Some 1) "the device"
        Expect.equal (found (gruu "temp-gruu")) (Some 1) "the device, unnamed"
        Expect.equal (found (SipUri.Parse "sip:bob@example.test")) (Some 1) "the address"
        Expect.equal (found (SipUri.Parse "sip:bob@example.test;gr=urn:x:2")) (Some 0) "not there"
        Expect.equal (found (SipUri.Parse "sip:tgruu.x@example.test;gr")) None "never was")

let private withSlow run =
    inVirtualTime (fun _ dispatcher peer ->
        use store = new SlowStore()
        use registrar = new Registrar(options store)
        dispatcher.SetReceiver registrar
        run dispatcher peer store)

let private waits =
    withSlow (fun dispatcher peer store ->
        let one, two = bound peer "bob", bound peer "bob"
        peer.Send(one, local dispatcher)
        Expect.equal (store.Asked 1) 1 "the first is asked for"
        peer.Send(two, local dispatcher)
        peer.Send(bound peer "alice", local dispatcher)
        Expect.equal (store.Asked 2) 2 "alice waits for nobody"
        settle dispatcher
        Expect.equal store.Names[1..] [ string (address "alice") ] "but bob's second for his first"
        store.Go()
        Expect.equal (peer.ReceiveResponse()).CSeq.Number one.CSeq.Number "in order"
        Expect.equal (store.Asked 3) 3 "now his second"
        store.Go()
        store.Go()
        let left = [ for _ in 1..2 -> peer.ReceiveResponse() ]
        Expect.all left (fun response -> response.StatusCode = 200) "both")

let private breaks =
    withSlow (fun dispatcher peer store ->
        peer.Send(bound peer "bob", local dispatcher)
        store.Asked 1 |> ignore
        store.Go(InvalidOperationException "no data base")
        Expect.equal (peer.ReceiveResponse()).StatusCode 500 "RFC 3261, 10.3, step 7"
        Expect.equal (counter dispatcher "location_store_failed") 1L "counted"
        peer.Send(bound peer "bob", local dispatcher)
        store.Asked 2 |> ignore
        store.Go()
        Expect.equal (peer.ReceiveResponse()).StatusCode 200 "the next one is no worse for it")

let private limits =
    inVirtualTime (fun _ dispatcher peer ->
        use store = new SlowStore()

        use registrar =
            new Registrar(RegistrarOptions(Domains = [| domain |], Store = store, MaxWaiting = 1))

        dispatcher.SetReceiver registrar
        peer.Send(bound peer "bob", local dispatcher)
        store.Asked 1 |> ignore
        Expect.equal (status dispatcher peer (bound peer "alice")) 503 "one waits, whoever he is"
        store.Go()
        Expect.equal (peer.ReceiveResponse()).StatusCode 200 "the store has returned"
        peer.Send(bound peer "alice", local dispatcher)
        Expect.equal (store.Asked 2) 2 "there is room again"
        store.Go()
        Expect.equal (peer.ReceiveResponse()).StatusCode 200 "for her")

/// What the store says too late changes nothing, and no other address waits for it.
let private late =
    inVirtualTime (fun time dispatcher peer ->
        use store = new SlowStore()

        use registrar =
            new Registrar(
                RegistrarOptions(
                    Domains = [| domain |],
                    Store = store,
                    MaxWaiting = 2,
                    StoreWithin = TimeSpan.FromSeconds 2.0
                )
            )

        dispatcher.SetReceiver registrar
        peer.Send(bound peer "carol", local dispatcher)
        Expect.equal (store.Asked 1) 1 "it does not answer"
        advanceUntil time (fun () -> peer.HasMore)
        Expect.equal (peer.ReceiveResponse()).StatusCode 504 "in time"
        Expect.equal (counter dispatcher "location_store_failed") 1L "counted"
        peer.Send(bound peer "bob", local dispatcher)
        Expect.equal (store.Asked 2) 2 "the next is asked for"
        Expect.equal (status dispatcher peer (bound peer "alice")) 503 "the late one counts still"
        store.Go()
        store.Go()
        Expect.equal (peer.ReceiveResponse()).StatusCode 200 "the next is answered"
        peer.Send(register peer "carol" [], local dispatcher)
        Expect.equal (store.Asked 3) 3 "there is room again"
        store.Go()
        Expect.isEmpty (peer.ReceiveResponse()).Contacts "what came late changed nothing")

let private misuse =
    let good = RegistrarOptions(Domains = [| domain |])

    testCase "options that make no sense are refused"
    <| fun () ->
        for options in
            [
                RegistrarOptions(Domains = [||])
                RegistrarOptions(Domains = [| "no host" |])
                RegistrarOptions(Domains = [| "sip:example.test" |])
                RegistrarOptions(Domains = good.Domains, MinExpires = TimeSpan.FromHours 2.0)
                RegistrarOptions(Domains = good.Domains, MaxExpires = TimeSpan.FromSeconds 30.0)
                RegistrarOptions(Domains = good.Domains, DefaultExpires = TimeSpan.Zero)
                RegistrarOptions(Domains = good.Domains, MaxContacts = 0)
                RegistrarOptions(Domains = good.Domains, StoreWithin = TimeSpan.Zero)
            ] do
            Expect.throwsT<ArgumentException> (fun () -> new Registrar(options) |> ignore) "at once"

let tests =
    testList "Registrar" [
        testCase "a binding is made, and counts down" binds
        testCase "copies get the same bytes; a REGISTER that comes late is refused" absorbs
        testCase "with the store in memory all is done in the turn" isInstant
        testCase "every change is told, expiry too" tells
        testCase "expiry is told in order, and before the first REGISTER" tellsInOrder
        testCase "what is too much is refused and counted" fills
        testCase "other methods are not its own, nor other domains" passes
        testCase "other domains are left to the next receiver, if we want" leaves
        testCase "who is known may register as himself" owns
        testCase "who may register as whom is for the user to say" asks
        testCase "GRUUs and addresses are found" finds
        testCase
            "a slow store: each address in order, none for another; asked again, the last counts"
            waits
        testCase "a store that fails is a 500, and no more" breaks
        testCase "so many may wait for a store, be it for one address or for many" limits
        testCase "a store that is late is a 504, and changes nothing any more" late
        isHere
        misuse
        testCase "a domain may be a numeric address"
        <| fun () ->
            use registrar =
                new Registrar(RegistrarOptions(Domains = [| "127.0.0.1"; "::1"; "[::1]" |]))

            Expect.hasLength registrar.Options.Domains 3 "three spellings"
    ]
