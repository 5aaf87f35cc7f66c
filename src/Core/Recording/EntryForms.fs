// Transactions, resolutions and connections under way, as they are written and read back.
module internal SipFun.Core.EntryForms

open SipFun
open SipFun.Core.Form
open SipFun.Core.ValueForms
open SipFun.Core.DecisionForms

let name: Form<Name> = {
    Write =
        fun writer it ->
            number.Write writer it.Number
            nullable.Write writer it.Text
    Read = fun reader -> ({ Number = number.Read reader; Text = nullable.Read reader }: Name)
}

let outcome: Form<Outcome> = {
    Write =
        fun writer it ->
            match it with
            | Outcome.Answered(a) ->
                writer.Case 0
                response.Write writer a
            | Outcome.Sent -> writer.Case 1
            | Outcome.TimedOut -> writer.Case 2
            | Outcome.Unresolved(a) ->
                writer.Case 3
                failure.Write writer a
            | Outcome.Unreachable(a, b, c) ->
                writer.Case 4
                hop.Write writer a
                choice.Write writer b
                text.Write writer c
            | Outcome.Cancelled -> writer.Case 5
            | Outcome.Refused(a) ->
                writer.Case 6
                choice.Write writer a
            | Outcome.Disposed -> writer.Case 7
    Read =
        fun reader ->
            match reader.Case() with
            | 0 -> Outcome.Answered(response.Read reader)
            | 1 -> Outcome.Sent
            | 2 -> Outcome.TimedOut
            | 3 -> Outcome.Unresolved(failure.Read reader)
            | 4 -> Outcome.Unreachable(hop.Read reader, choice.Read reader, text.Read reader)
            | 5 -> Outcome.Cancelled
            | 6 -> Outcome.Refused(choice.Read reader)
            | 7 -> Outcome.Disposed
            | _ -> reader.Unknown "outcome"
}

let sender: Form<Sender> = {
    Write =
        fun writer it ->
            number.Write writer it.Number
            unsigned.Write writer it.Token
            (option name).Write writer it.Name
            callId.Write writer it.CallId
            callId.Write writer it.MessageCallId
            (list int).Write writer it.Legs
            (list choice).Write writer it.Transports
            bool.Write writer it.Retransmit
            (option instant).Write writer it.TryNextAfter
            bool.Write writer it.TellSent
    Read =
        fun reader ->
            ({
                Number = number.Read reader
                Token = unsigned.Read reader
                Name = (option name).Read reader
                CallId = callId.Read reader
                MessageCallId = callId.Read reader
                Legs = (list int).Read reader
                Transports = (list choice).Read reader
                Retransmit = bool.Read reader
                TryNextAfter = (option instant).Read reader
                TellSent = bool.Read reader
            }
            : Sender)
}

let schedule: Form<Schedule> = {
    Write =
        fun writer it ->
            positive.Write writer it.Interval
            instant.Write writer it.Ceiling
            instant.Write writer it.NextAt
            instant.Write writer it.GiveUpAt
    Read =
        fun reader ->
            ({
                Interval = positive.Read reader
                Ceiling = instant.Read reader
                NextAt = instant.Read reader
                GiveUpAt = instant.Read reader
            }
            : Schedule)
}

let target: Form<Target> = {
    Write =
        fun writer it ->
            text.Write writer it.Host
            text.Write writer it.Named
            (option int).Write writer it.Port
            (list choice).Write writer it.Transports
            bool.Write writer it.Fixed
            wishes.Write writer it.Wishes
            number.Write writer it.Number
    Read =
        fun reader ->
            ({
                Host = text.Read reader
                Named = text.Read reader
                Port = (option int).Read reader
                Transports = (list choice).Read reader
                Fixed = bool.Read reader
                Wishes = wishes.Read reader
                Number = number.Read reader
            }
            : Target)
}

let stage: Form<Stage> = {
    Write =
        fun writer it ->
            match it with
            | Stage.KnownHost -> writer.Case 0
            | Stage.Pointers -> writer.Case 1
            | Stage.Services -> writer.Case 2
            | Stage.Addresses -> writer.Case 3
    Read =
        fun reader ->
            match reader.Case() with
            | 0 -> Stage.KnownHost
            | 1 -> Stage.Pointers
            | 2 -> Stage.Services
            | 3 -> Stage.Addresses
            | _ -> reader.Unknown "stage"
}

let resolution: Form<Resolution> = {
    Write =
        fun writer it ->
            target.Write writer it.Target
            (list stage).Write writer it.Stages
            (map question answer).Write writer it.Book
            (list question).Write writer it.Open
            int.Write writer it.Asked
            choice.Write writer it.Asking
            instant.Write writer it.AnswerBy
    Read =
        fun reader ->
            ({
                Target = target.Read reader
                Stages = (list stage).Read reader
                Book = (map question answer).Read reader
                Open = (list question).Read reader
                Asked = int.Read reader
                Asking = choice.Read reader
                AnswerBy = instant.Read reader
            }
            : Resolution)
}

let parked: Form<Parked> = {
    Write =
        fun writer it ->
            number.Write writer it.Number
            octets.Write writer it.Packet
            bool.Write writer it.Report
            bool.Write writer it.IsOwned
    Read =
        fun reader ->
            ({
                Number = number.Read reader
                Packet = octets.Read reader
                Report = bool.Read reader
                IsOwned = bool.Read reader
            }
            : Parked)
}

let flowPhase: Form<FlowPhase> = {
    Write =
        fun writer it ->
            match it with
            | FlowPhase.Opening(a, b) ->
                writer.Case 0
                int.Write writer a
                (list parked).Write writer b
            | FlowPhase.Open -> writer.Case 1
    Read =
        fun reader ->
            match reader.Case() with
            | 0 -> FlowPhase.Opening(int.Read reader, (list parked).Read reader)
            | 1 -> FlowPhase.Open
            | _ -> reader.Unknown "flowPhase"
}

let flow: Form<Flow> = {
    Write =
        fun writer it ->
            int.Write writer it.Leg
            hop.Write writer it.Hop
            flowPhase.Write writer it.Phase
            (list text).Write writer it.Names
            (list text).Write writer it.Peers
            bool.Write writer it.IsRetired
    Read =
        fun reader ->
            ({
                Leg = int.Read reader
                Hop = hop.Read reader
                Phase = flowPhase.Read reader
                Names = (list text).Read reader
                Peers = (list text).Read reader
                IsRetired = bool.Read reader
            }
            : Flow)
}
