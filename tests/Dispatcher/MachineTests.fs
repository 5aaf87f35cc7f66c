// The state x event table against the machines: the real step is driven through every row, and
// docs/timers.md shows the table as it is in the code.
module SipFun.Tests.Dispatcher.MachineTests

open System.IO
open Expecto
open SipFun
open SipFun.Core
open SipFun.Core.Machines
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.MachineDrive
open SipFun.Tests.Dispatcher.MachineSight

/// When a timer rings, counted from the state's beginning.
let private instant machine event =
    match event with
    | TimeFor100 when machine = ServerInvite -> 200L<ms>
    | TimeFor100 -> 3500L<ms>
    | Timer letter when "AEG".Contains letter -> 500L<ms>
    | Timer letter when "IK".Contains letter -> 5000L<ms>
    | _ -> 32_000L<ms>

let private isTimer event =
    match event with
    | Timer _
    | TimeFor100 -> true
    | _ -> false

let private isArmed (row: Row) = row.Next <> row.State || not row.Does.IsEmpty

let private ringing duration stand = {
    stand with
        Rig = give Tick { stand.Rig with Now = stand.Rig.Now + duration }
}

let private expectRow (row: Row) before after =
    same (stateOf after) row.Next "the next state"
    same (acts before after) (Set.ofList row.Does) "what is done"

/// At its instant, and not a millisecond before.
let private ringsOnTime (row: Row) stand =
    let at = instant row.Machine row.Event
    expectRow row stand (ringing at stand)

    if row.Next <> row.State then
        same (stateOf (ringing (at - 1L<ms>) stand)) row.State "not yet"

/// Whatever happens until its usual instant, another timer of this state explains it.
let private isSilent (row: Row) stand =
    let at = instant row.Machine row.Event

    let others =
        Table.rows
        |> List.filter (fun other ->
            other.Machine = row.Machine
            && other.State = row.State
            && isTimer other.Event
            && isArmed other
            && instant other.Machine other.Event <= at)

    let after = { stand with Rig = runFor at stand.Rig }
    let explained = others |> List.collect (fun other -> other.Does) |> Set.ofList
    Expect.isTrue (Set.isSubset (acts stand after) explained) "another timer's doing"

    let states = row.State :: (others |> List.map (fun other -> other.Next))
    Expect.contains states (stateOf after) "and another's state"

let private holds (row: Row) =
    testCase $"%A{row.Machine}, %A{row.State}: %A{row.Event} ({row.Clause})"
    <| fun () ->
        let stand = standing row

        // Over a connection Timers D and K are 0: the state is left as it is entered.
        if row.Event <> FlowClosed then
            same (stateOf stand) row.State "it stands there"

        if not (isTimer row.Event) then
            expectRow row stand (happens row.Event stand)
        elif isArmed row then
            ringsOnTime row stand
        else
            isSilent row stand

let private machines = [ ClientInvite; ClientOther; ServerInvite; ServerOther ]

let private file =
    Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "docs", "timers.md")

/// The page up to the table, and the table.
let private page () =
    let text = (File.ReadAllText file).ReplaceLineEndings "\n"
    let at = text.IndexOf "### INVITE, client"
    text.Substring(0, at), text.Substring at

let private written = Table.toMarkdown ()

let tests =
    testList "Machines" [
        testCase "the table is total: one row for every state and event"
        <| fun () ->
            let all = [
                for machine in machines do
                    for state in states machine do
                        for event in events machine -> machine, state, event
            ]

            let told = Table.rows |> List.map (fun row -> row.Machine, row.State, row.Event)
            same (List.sort told) (List.sort all) "each once"

        testCase "docs/timers.md shows the table (tests --write-tables writes it)"
        <| fun () ->
            if Suite.writeTables then
                File.WriteAllText(file, fst (page ()) + written)

            same (snd (page ())) written "as it is in the code"

        testList "every row, by the real step" (List.map holds Table.rows)
    ]
