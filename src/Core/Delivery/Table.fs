// The state x event table of the transactions, whole and in words: what docs/timers.md shows. Tests
// drive the real step through every row.
module SipFun.Core.Table

open SipFun.Core.Machines

let rows = ClientTable.rows @ ServerTable.rows

let private eventName event =
    match event with
    | Provisional -> "1xx"
    | Success -> "2xx"
    | Failure -> "300-699"
    | Copy -> "the request again"
    | Ack -> "ACK"
    | Timer letter -> $"Timer {letter}"
    | TimeFor100 -> "time for 100"
    | TransportError -> "transport error"
    | FlowClosed -> "connection closed"
    | LegRemoved -> "leg removed"
    | Cancel -> "`CancelDelivery`"
    | CancelRequest -> "CANCEL"
    | TellsProvisional -> "says 1xx"
    | TellsSuccess -> "says 2xx"
    | TellsFailure -> "says 300-699"

let private actName act =
    match act with
    | SendCopy -> "request again"
    | SendAck -> "ACK"
    | SendCancel -> "CANCEL"
    | HoldCancel -> "CANCEL waits"
    | SendResponse -> "response"
    | GoElsewhere -> "another way"
    | HandUp -> "to the sender"
    | PassUp -> "to the receivers"
    | Tell outcome -> $"outcome: {outcome}"
    | Refuse -> "refused"
    | Count -> "counted"

let private machineName machine =
    match machine with
    | ClientInvite -> "INVITE, client"
    | ClientOther -> "Other requests, client"
    | ServerInvite -> "INVITE, server"
    | ServerOther -> "Other requests, server"

let private stateName (state: State) = sprintf "%A" state

let private doesName (row: Row) =
    match row.Does with
    | [] -> "nothing"
    | acts -> List.map actName acts |> String.concat ", "

/// A line for each next state, act and clause: events that share them share the line.
let private lines (rows: Row list) = [
    for (next, does, clause), alike in
        rows |> List.groupBy (fun row -> row.Next, doesName row, row.Clause) do
        let names = alike |> List.map (fun row -> eventName row.Event) |> String.concat ", "
        let state = stateName alike.Head.State
        $"| {state} | {names} | {stateName next} | {does} | {clause} |"
]

/// One machine as a table of Markdown.
let private section machine = [
    $"### {machineName machine}"
    ""
    "| state | event | next | what is done | clause |"
    "|---|---|---|---|---|"

    for state in states machine do
        yield! rows |> List.filter (fun row -> row.Machine = machine && row.State = state) |> lines

    ""
]

let toMarkdown () =
    [ ClientInvite; ClientOther; ServerInvite; ServerOther ]
    |> List.collect section
    |> String.concat "\n"
