// What a recording holds of a run, besides its packets: how the dispatcher was set up, and every input with
// its instant. Fed to `step` again, the same inputs give the same effects.
module SipFun.Core.Recording

open System
open SipFun

let private step = Form.pair Form.instant InputForms.input

let writeSettings (settings: Settings) : byte array = Sealing.close SettingsForms.settings settings

let readSettings (octets: ReadOnlyMemory<byte>) : Result<Settings, string> =
    Sealing.open' SettingsForms.settings octets

let writeStep (now: Instant) (input: Input) : byte array = Sealing.close step (now, input)

let readStep (octets: ReadOnlyMemory<byte>) : Result<Instant * Input, string> =
    Sealing.open' step octets

/// For whoever reads: the name of the input's case.
let name input =
    match input with
    | Deliver _ -> nameof Deliver
    | CancelDelivery _ -> nameof CancelDelivery
    | AddLeg _ -> nameof AddLeg
    | RemoveLeg _ -> nameof RemoveLeg
    | SetReceiver _ -> nameof SetReceiver
    | ResolveUri _ -> nameof ResolveUri
    | Locate _ -> nameof Locate
    | Relay _ -> nameof Relay
    | ClearMarks _ -> nameof ClearMarks
    | AddTimer _ -> nameof AddTimer
    | CancelTimer _ -> nameof CancelTimer
    | Close -> nameof Close
    | Drain -> nameof Drain
    | TakeUp _ -> nameof TakeUp
    | FlowAccepted _ -> nameof FlowAccepted
    | FlowOpened _ -> nameof FlowOpened
    | FlowClosed _ -> nameof FlowClosed
    | FlowIdle _ -> nameof FlowIdle
    | FlowExpired _ -> nameof FlowExpired
    | Received _ -> nameof Received
    | Receipted _ -> nameof Receipted
    | Unclaimed _ -> nameof Unclaimed
    | Overflowed _ -> nameof Overflowed
    | Input.Answered _ -> nameof Input.Answered
    | SourceChosen _ -> nameof SourceChosen
    | Transmitted _ -> nameof Transmitted
    | Input.Failed _ -> nameof Input.Failed
    | Bounced _ -> nameof Bounced
    | PathMtuLearnt _ -> nameof PathMtuLearnt
    | Unparsed _ -> nameof Unparsed
    | Tick -> nameof Tick

/// The effects of a step, a line each.
let lines (effects: Effects) : string array = effects.ToArray() |> Array.map EffectText.line
