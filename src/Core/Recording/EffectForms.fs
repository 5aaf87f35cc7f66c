// What the shell must do, as it is written and read back: by its bytes one effect is told from another.
module internal SipFun.Core.EffectForms

open SipFun
open SipFun.Core.Form
open SipFun.Core.ValueForms
open SipFun.Core.DecisionForms
open SipFun.Core.EntryForms

let found: Form<Found> = {
    Write =
        fun writer it ->
            (list (pair hop (list int))).Write writer it.Hops
            (option failure).Write writer it.Failure
            trace.Write writer it.Trace
    Read =
        fun reader ->
            ({
                Hops = (list (pair hop (list int))).Read reader
                Failure = (option failure).Read reader
                Trace = trace.Read reader
            }
            : Found)
}

let effect: Form<Effect> = {
    Write =
        fun writer it ->
            match it with
            | Effect.Connect(a, b) ->
                writer.Case 0
                int.Write writer a
                hop.Write writer b
            | Effect.Disconnect(a, b) ->
                writer.Case 1
                int.Write writer a
                number.Write writer b
            | Effect.Transmit(a, b, c, d, e) ->
                writer.Case 2
                number.Write writer a
                int.Write writer b
                hop.Write writer c
                octets.Write writer d
                bool.Write writer e
            | Effect.Ask(a) ->
                writer.Case 3
                question.Write writer a
            | Effect.AskSource(a) ->
                writer.Case 4
                address.Write writer a
            | Effect.PassUp(a, b, c, d) ->
                writer.Case 5
                number.Write writer a
                int.Write writer b
                hop.Write writer c
                message.Write writer d
            | Effect.PassUpStray(a, b, c) ->
                writer.Case 6
                int.Write writer a
                hop.Write writer b
                response.Write writer c
            | Effect.TellSent(a, b) ->
                writer.Case 7
                number.Write writer a
                hop.Write writer b
            | Effect.HandUp(a, b) ->
                writer.Case 8
                number.Write writer a
                response.Write writer b
            | Effect.Complete(a, b, c, d) ->
                writer.Case 9
                number.Write writer a
                outcome.Write writer b
                trace.Write writer c
                bool.Write writer d
            | Effect.Forget(a) ->
                writer.Case 10
                number.Write writer a
            | Effect.Found(a, b) ->
                writer.Case 11
                number.Write writer a
                found.Write writer b
            | Effect.Ring(a, b) ->
                writer.Case 12
                number.Write writer a
                bool.Write writer b
            | Effect.Count(a) ->
                writer.Case 13
                choice.Write writer a
    Read =
        fun reader ->
            match reader.Case() with
            | 0 -> Effect.Connect(int.Read reader, hop.Read reader)
            | 1 -> Effect.Disconnect(int.Read reader, number.Read reader)
            | 2 ->
                Effect.Transmit(
                    number.Read reader,
                    int.Read reader,
                    hop.Read reader,
                    octets.Read reader,
                    bool.Read reader
                )
            | 3 -> Effect.Ask(question.Read reader)
            | 4 -> Effect.AskSource(address.Read reader)
            | 5 ->
                Effect.PassUp(
                    number.Read reader,
                    int.Read reader,
                    hop.Read reader,
                    message.Read reader
                )
            | 6 -> Effect.PassUpStray(int.Read reader, hop.Read reader, response.Read reader)
            | 7 -> Effect.TellSent(number.Read reader, hop.Read reader)
            | 8 -> Effect.HandUp(number.Read reader, response.Read reader)
            | 9 ->
                Effect.Complete(
                    number.Read reader,
                    outcome.Read reader,
                    trace.Read reader,
                    bool.Read reader
                )
            | 10 -> Effect.Forget(number.Read reader)
            | 11 -> Effect.Found(number.Read reader, found.Read reader)
            | 12 -> Effect.Ring(number.Read reader, bool.Read reader)
            | 13 -> Effect.Count(choice.Read reader)
            | _ -> reader.Unknown "effect"
}
