// Server transactions, and whatever else waits in the queue, as they are written and read back.
module internal SipFun.Core.ServerForms

open SipFun
open SipFun.Core.Form
open SipFun.Core.ValueForms
open SipFun.Core.DecisionForms
open SipFun.Core.EntryForms
open SipFun.Core.ClientForms

let copy: Form<Copy> = {
    Write =
        fun writer it ->
            number.Write writer it.Number
            int.Write writer it.Leg
            hop.Write writer it.Source
            request.Write writer it.Request
    Read =
        fun reader ->
            ({
                Number = number.Read reader
                Leg = int.Read reader
                Source = hop.Read reader
                Request = request.Read reader
            }
            : Copy)
}

let sending: Form<Sending> = {
    Write =
        fun writer it ->
            int.Write writer it.Leg
            hop.Write writer it.Hop
            octets.Write writer it.Packet
            int.Write writer it.StatusCode
    Read =
        fun reader ->
            ({
                Leg = int.Read reader
                Hop = hop.Read reader
                Packet = octets.Read reader
                StatusCode = int.Read reader
            }
            : Sending)
}

let repeating: Form<Repeating> = {
    Write =
        fun writer it ->
            sending.Write writer it.Sending
            schedule.Write writer it.Schedule
            (option number).Write writer it.Delivery
    Read =
        fun reader ->
            ({
                Sending = sending.Read reader
                Schedule = schedule.Read reader
                Delivery = (option number).Read reader
            }
            : Repeating)
}

let serverPhase: Form<ServerPhase> = {
    Write =
        fun writer it ->
            match it with
            | ServerPhase.Offered(a, b) ->
                writer.Case 0
                request.Write writer a
                (list copy).Write writer b
            | ServerPhase.Trying(a, b) ->
                writer.Case 1
                request.Write writer a
                instant.Write writer b
            | ServerPhase.Answering(a) ->
                writer.Case 2
                sending.Write writer a
            | ServerPhase.Concluded(a) ->
                writer.Case 3
                sending.Write writer a
            | ServerPhase.Insisting(a) ->
                writer.Case 4
                repeating.Write writer a
            | ServerPhase.Confirmed(a) ->
                writer.Case 5
                sending.Write writer a
    Read =
        fun reader ->
            match reader.Case() with
            | 0 -> ServerPhase.Offered(request.Read reader, (list copy).Read reader)
            | 1 -> ServerPhase.Trying(request.Read reader, instant.Read reader)
            | 2 -> ServerPhase.Answering(sending.Read reader)
            | 3 -> ServerPhase.Concluded(sending.Read reader)
            | 4 -> ServerPhase.Insisting(repeating.Read reader)
            | 5 -> ServerPhase.Confirmed(sending.Read reader)
            | _ -> reader.Unknown "serverPhase"
}

let server: Form<Server> = {
    Write =
        fun writer it ->
            text.Write writer it.Key
            (option text).Write writer it.Rfc2543
            (option text).Write writer it.MergeKey
            int.Write writer it.Leg
            hop.Write writer it.Source
            method.Write writer it.Method
            instant.Write writer it.Arrived
            (option text).Write writer it.AckKey
            serverPhase.Write writer it.Phase
            instant.Write writer it.Until
    Read =
        fun reader ->
            ({
                Key = text.Read reader
                Rfc2543 = (option text).Read reader
                MergeKey = (option text).Read reader
                Leg = int.Read reader
                Source = hop.Read reader
                Method = method.Read reader
                Arrived = instant.Read reader
                AckKey = (option text).Read reader
                Phase = serverPhase.Read reader
                Until = instant.Read reader
            }
            : Server)
}

let lookup: Form<Lookup> = {
    Write =
        fun writer it ->
            uri.Write writer it.Uri
            wishes.Write writer it.Wishes
            resolution.Write writer it.Resolution
            (list question).Write writer it.Pending
            (list hop).Write writer it.Hops
            (list address).Write writer it.Sourceless
            instant.Write writer it.Until
            trace.Write writer it.Trace
    Read =
        fun reader ->
            ({
                Uri = uri.Read reader
                Wishes = wishes.Read reader
                Resolution = resolution.Read reader
                Pending = (list question).Read reader
                Hops = (list hop).Read reader
                Sourceless = (list address).Read reader
                Until = instant.Read reader
                Trace = trace.Read reader
            }
            : Lookup)
}

let entry: Form<Entry> = {
    Write =
        fun writer it ->
            match it with
            | Entry.ClientEntry(a) ->
                writer.Case 0
                client.Write writer a
            | Entry.ReplyEntry(a) ->
                writer.Case 1
                reply.Write writer a
            | Entry.ServerEntry(a) ->
                writer.Case 2
                server.Write writer a
            | Entry.LookupEntry(a) ->
                writer.Case 3
                lookup.Write writer a
            | Entry.TimerEntry(a) ->
                writer.Case 4
                (option positive).Write writer a
            | Entry.LingeringEntry(a) ->
                writer.Case 5
                lingering.Write writer a
    Read =
        fun reader ->
            match reader.Case() with
            | 0 -> Entry.ClientEntry(client.Read reader)
            | 1 -> Entry.ReplyEntry(reply.Read reader)
            | 2 -> Entry.ServerEntry(server.Read reader)
            | 3 -> Entry.LookupEntry(lookup.Read reader)
            | 4 -> Entry.TimerEntry((option positive).Read reader)
            | 5 -> Entry.LingeringEntry(lingering.Read reader)
            | _ -> reader.Unknown "entry"
}

let waiting: Form<Waiting<Entry>> = {
    Write =
        fun writer it ->
            instant.Write writer it.Due
            entry.Write writer it.Value
    Read = fun reader -> ({ Due = instant.Read reader; Value = entry.Read reader }: Waiting<Entry>)
}
