// All that can happen to a dispatcher, as it is written and read back: what a recording is made of.
module internal SipFun.Core.InputForms

open SipFun
open SipFun.Core.Form
open SipFun.Core.ValueForms
open SipFun.Core.EntryForms
open SipFun.Core.FrozenForms

let order: Form<Order> = {
    Write =
        fun writer it ->
            number.Write writer it.Number
            unsigned.Write writer it.Token
            message.Write writer it.Message
            (option name).Write writer it.Name
            callId.Write writer it.CallId
            (list int).Write writer it.Legs
            (option hop).Write writer it.Destination
            number.Write writer it.Flow
            bool.Write writer it.Retransmit
            (list choice).Write writer it.Transports
            (option instant).Write writer it.AnswerWithin
            (option instant).Write writer it.TryNextAfter
            bool.Write writer it.TellSent
    Read =
        fun reader ->
            ({
                Number = number.Read reader
                Token = unsigned.Read reader
                Message = message.Read reader
                Name = (option name).Read reader
                CallId = callId.Read reader
                Legs = (list int).Read reader
                Destination = (option hop).Read reader
                Flow = number.Read reader
                Retransmit = bool.Read reader
                Transports = (list choice).Read reader
                AnswerWithin = (option instant).Read reader
                TryNextAfter = (option instant).Read reader
                TellSent = bool.Read reader
            }
            : Order)
}

let which: Form<Which> = {
    Write =
        fun writer it ->
            match it with
            | Which.ByNumber(a) ->
                writer.Case 0
                number.Write writer a
            | Which.ByName(a) ->
                writer.Case 1
                name.Write writer a
            | Which.ByCallId(a) ->
                writer.Case 2
                callId.Write writer a
    Read =
        fun reader ->
            match reader.Case() with
            | 0 -> Which.ByNumber(number.Read reader)
            | 1 -> Which.ByName(name.Read reader)
            | 2 -> Which.ByCallId(callId.Read reader)
            | _ -> reader.Unknown "which"
}

let input: Form<Input> = {
    Write =
        fun writer it ->
            match it with
            | Input.Deliver(a) ->
                writer.Case 0
                order.Write writer a
            | Input.CancelDelivery(a) ->
                writer.Case 1
                which.Write writer a
            | Input.AddLeg(a) ->
                writer.Case 2
                leg.Write writer a
            | Input.RemoveLeg(a) ->
                writer.Case 3
                int.Write writer a
            | Input.SetReceiver(a) ->
                writer.Case 4
                (option receiver).Write writer a
            | Input.ResolveUri(a, b, c) ->
                writer.Case 5
                number.Write writer a
                uri.Write writer b
                wishes.Write writer c
            | Input.Locate(a, b, c, d, e) ->
                writer.Case 6
                number.Write writer a
                uri.Write writer b
                bool.Write writer c
                bool.Write writer d
                wishes.Write writer e
            | Input.Relay(a, b, c) ->
                writer.Case 7
                int.Write writer a
                hop.Write writer b
                octets.Write writer c
            | Input.ClearMarks(a) ->
                writer.Case 8
                (option hop).Write writer a
            | Input.AddTimer(a, b, c) ->
                writer.Case 9
                number.Write writer a
                instant.Write writer b
                (option positive).Write writer c
            | Input.CancelTimer(a) ->
                writer.Case 10
                number.Write writer a
            | Input.Close -> writer.Case 11
            | Input.Drain -> writer.Case 12
            | Input.TakeUp(a) ->
                writer.Case 13
                frozen.Write writer a
            | Input.FlowAccepted(a, b, c) ->
                writer.Case 14
                int.Write writer a
                hop.Write writer b
                (list text).Write writer c
            | Input.FlowOpened(a) ->
                writer.Case 15
                number.Write writer a
            | Input.FlowClosed(a, b, c) ->
                writer.Case 16
                number.Write writer a
                choice.Write writer b
                text.Write writer c
            | Input.FlowIdle(a) ->
                writer.Case 17
                number.Write writer a
            | Input.FlowExpired(a) ->
                writer.Case 18
                number.Write writer a
            | Input.Received(a, b, c, d) ->
                writer.Case 19
                number.Write writer a
                int.Write writer b
                hop.Write writer c
                message.Write writer d
            | Input.Receipted(a, b) ->
                writer.Case 20
                number.Write writer a
                choice.Write writer b
            | Input.Overflowed(a) ->
                writer.Case 21
                number.Write writer a
            | Input.Answered(a, b) ->
                writer.Case 22
                question.Write writer a
                answer.Write writer b
            | Input.SourceChosen(a, b) ->
                writer.Case 23
                address.Write writer a
                (option address).Write writer b
            | Input.Transmitted(a) ->
                writer.Case 24
                number.Write writer a
            | Input.Failed(a, b, c, d) ->
                writer.Case 25
                number.Write writer a
                hop.Write writer b
                choice.Write writer c
                text.Write writer d
            | Input.Bounced(a, b, c) ->
                writer.Case 26
                text.Write writer a
                choice.Write writer b
                text.Write writer c
            | Input.PathMtuLearnt(a, b) ->
                writer.Case 27
                text.Write writer a
                int.Write writer b
            | Input.Tick -> writer.Case 28
            | Input.Unparsed(a, b, c, d) ->
                writer.Case 29
                int.Write writer a
                hop.Write writer b
                octets.Write writer c
                int.Write writer d
            | Input.Unclaimed(a, b, c, d) ->
                writer.Case 30
                number.Write writer a
                int.Write writer b
                hop.Write writer c
                request.Write writer d
    Read =
        fun reader ->
            match reader.Case() with
            | 0 -> Input.Deliver(order.Read reader)
            | 1 -> Input.CancelDelivery(which.Read reader)
            | 2 -> Input.AddLeg(leg.Read reader)
            | 3 -> Input.RemoveLeg(int.Read reader)
            | 4 -> Input.SetReceiver((option receiver).Read reader)
            | 5 -> Input.ResolveUri(number.Read reader, uri.Read reader, wishes.Read reader)
            | 6 ->
                Input.Locate(
                    number.Read reader,
                    uri.Read reader,
                    bool.Read reader,
                    bool.Read reader,
                    wishes.Read reader
                )
            | 7 -> Input.Relay(int.Read reader, hop.Read reader, octets.Read reader)
            | 8 -> Input.ClearMarks((option hop).Read reader)
            | 9 ->
                Input.AddTimer(
                    number.Read reader,
                    instant.Read reader,
                    (option positive).Read reader
                )
            | 10 -> Input.CancelTimer(number.Read reader)
            | 11 -> Input.Close
            | 12 -> Input.Drain
            | 13 -> Input.TakeUp(frozen.Read reader)
            | 14 -> Input.FlowAccepted(int.Read reader, hop.Read reader, (list text).Read reader)
            | 15 -> Input.FlowOpened(number.Read reader)
            | 16 -> Input.FlowClosed(number.Read reader, choice.Read reader, text.Read reader)
            | 17 -> Input.FlowIdle(number.Read reader)
            | 18 -> Input.FlowExpired(number.Read reader)
            | 19 ->
                Input.Received(
                    number.Read reader,
                    int.Read reader,
                    hop.Read reader,
                    message.Read reader
                )
            | 20 -> Input.Receipted(number.Read reader, choice.Read reader)
            | 21 -> Input.Overflowed(number.Read reader)
            | 22 -> Input.Answered(question.Read reader, answer.Read reader)
            | 23 -> Input.SourceChosen(address.Read reader, (option address).Read reader)
            | 24 -> Input.Transmitted(number.Read reader)
            | 25 ->
                Input.Failed(
                    number.Read reader,
                    hop.Read reader,
                    choice.Read reader,
                    text.Read reader
                )
            | 26 -> Input.Bounced(text.Read reader, choice.Read reader, text.Read reader)
            | 27 -> Input.PathMtuLearnt(text.Read reader, int.Read reader)
            | 28 -> Input.Tick
            | 29 ->
                Input.Unparsed(
                    int.Read reader,
                    hop.Read reader,
                    octets.Read reader,
                    int.Read reader
                )
            | 30 ->
                Input.Unclaimed(
                    number.Read reader,
                    int.Read reader,
                    hop.Read reader,
                    request.Read reader
                )
            | _ -> reader.Unknown "input"
}
