// Targets of an INVITE that were left before they said anything final: a 2xx of theirs is the call's as any
// fork's. Once the call has its outcome, whichever of them rings is cancelled (RFC 3261, 9.1 and 16.7), and
// what they answer finally is acknowledged (17.1.1.3).
module internal SipFun.Core.Leaving

open SipFun

/// What is kept of an attempt that ended, with the ACK to its final response, if it takes one.
let endedBy (attempt: Attempt) ack : Ended = {
    Branch = attempt.Branch
    Leg = attempt.Leg
    Hop = attempt.Hop
    Ack = ack
    Left = ValueNone
    Withdrawal = ValueNone
}

/// It goes on elsewhere, and this target may still answer.
let left hasRung (attempt: Attempt) : Ended =
    let left = { Invite = attempt.Packet; HasRung = hasRung; IsUnwanted = false }

    { endedBy attempt ValueNone with Left = ValueSome left }

let private number (client: Client) = client.Sender.Number

let private replace (past: Ended) (client: Client) = {
    client with
        Past =
            client.Past
            |> List.map (fun each -> if Branch.same each.Branch past.Branch then past else each)
}

let private send (past: Ended) (withdrawal: Withdrawal) client work =
    Flows.send (number client) past.Leg past.Hop withdrawal.Packet work

let private withdraw (past: Ended) (left: Left) (client: Client) work =
    let schedule = Schedule.request work.Settings.Timers work.Now
    let isReliable = TransportName.isReliable past.Hop.Transport

    let withdrawal = {
        Packet = (Packet.request left.Invite).CreateCancel().Bytes
        Schedule = if isReliable then Schedule.once schedule else schedule
    }

    let client = {
        replace { past with Withdrawal = ValueSome withdrawal } client with
            Trace = Trace.add work.Now (CancelSent past.Hop) client.Trace
    }

    struct (client, send past withdrawal client work)

/// No CANCEL goes out before a provisional came (9.1), and each only once.
let private settle struct (client, work) (past: Ended) =
    match past.Left, past.Withdrawal with
    | ValueSome({ HasRung = true; IsUnwanted = true } as left), ValueNone ->
        withdraw past left client work
    | _ -> struct (client, work)

let private settled (client: Client) work = List.fold settle (struct (client, work)) client.Past

/// The call has its outcome: what was left is wanted no more.
let unwanted (client: Client) work =
    let unwanted (left: Left) = { left with IsUnwanted = true }

    let past =
        client.Past
        |> List.map (fun past -> { past with Left = ValueOption.map unwanted past.Left })

    settled { client with Past = past } work

/// Something of this client was left and may still ring or answer.
let hasLeft (client: Client) = client.Past |> List.exists (fun past -> past.Left.IsSome)

/// What the client lingers as when nobody answered: what each target still says finds it in `Past`.
let rest (last: Ended) (client: Client) =
    if hasLeft client then
        { last with Branch = Branch.none; Ack = ValueNone }
    else
        last

/// A provisional response of a target that was left.
let rang (past: Ended) (left: Left) (client: Client) work =
    settled (replace { past with Left = ValueSome { left with HasRung = true } } client) work

/// Its final response, not a 2xx: acknowledged, and again when it is repeated.
let refused (past: Ended) (left: Left) (response: SipResponse) (client: Client) work =
    let ack = ((Packet.request left.Invite).CreateErrorAck response).Bytes

    let past = {
        past with
            Ack = ValueSome ack
            Left = ValueNone
            Withdrawal = ValueNone
    }

    struct (replace past client, Flows.send (number client) past.Leg past.Hop ack work)

/// It answered with a 2xx after all: there is nothing left to cancel.
let answered (past: Ended) (client: Client) =
    replace { past with Left = ValueNone; Withdrawal = ValueNone } client

let private quiet (withdrawal: Withdrawal) = {
    withdrawal with
        Schedule = { Schedule.once withdrawal.Schedule with GiveUpAt = Queue.never }
}

/// Its CANCEL was answered: no more copies.
let cancelAnswered (past: Ended) (client: Client) =
    replace { past with Withdrawal = ValueOption.map quiet past.Withdrawal } client

let private copy struct (client, work) (past: Ended) =
    match past.Withdrawal with
    | ValueSome withdrawal when withdrawal.Schedule.GiveUpAt <= work.Now ->
        struct (replace { past with Withdrawal = ValueSome(quiet withdrawal) } client, work)
    | ValueSome withdrawal when withdrawal.Schedule.NextAt <= work.Now ->
        let later = {
            withdrawal with
                Schedule = Schedule.advance work.Now withdrawal.Schedule
        }

        let client = replace { past with Withdrawal = ValueSome later } client
        struct (client, send past withdrawal client work)
    | _ -> struct (client, work)

/// Whether a copy of a CANCEL is due (Timer E), or its end (Timer F).
let isDue (client: Client) work = Client.withdrawalDue client <= work.Now

let due (client: Client) work = List.fold copy (struct (client, work)) client.Past
