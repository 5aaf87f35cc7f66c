// Client transactions, and responses on their way, as they are written and read back.
module internal SipFun.Core.ClientForms

open SipFun
open SipFun.Core.Form
open SipFun.Core.ValueForms
open SipFun.Core.DecisionForms
open SipFun.Core.EntryForms

let branch: Form<Branch> = {
    Write =
        fun writer it ->
            number.Write writer it.Number
            unsigned.Write writer it.Token
            int.Write writer it.Attempt
    Read =
        fun reader ->
            ({
                Number = number.Read reader
                Token = unsigned.Read reader
                Attempt = int.Read reader
            }
            : Branch)
}

/// What it is read from is a request, so that it can be read again.
let packet: Form<Packet> = via request Packet.request Packet.ofRequest

let attempt: Form<Attempt> = {
    Write =
        fun writer it ->
            int.Write writer it.Leg
            hop.Write writer it.Hop
            branch.Write writer it.Branch
            packet.Write writer it.Packet
            schedule.Write writer it.Schedule
            instant.Write writer it.Until
            int.Write writer it.Copies
            (option hop).Write writer it.Instead
            (option hop).Write writer it.Anew
            (list hop).Write writer it.Later
    Read =
        fun reader ->
            ({
                Leg = int.Read reader
                Hop = hop.Read reader
                Branch = branch.Read reader
                Packet = packet.Read reader
                Schedule = schedule.Read reader
                Until = instant.Read reader
                Copies = int.Read reader
                Instead = (option hop).Read reader
                Anew = (option hop).Read reader
                Later = (list hop).Read reader
            }
            : Attempt)
}

let left: Form<Left> = {
    Write =
        fun writer it ->
            packet.Write writer it.Invite
            bool.Write writer it.HasRung
            bool.Write writer it.IsUnwanted
    Read =
        fun reader ->
            ({
                Invite = packet.Read reader
                HasRung = bool.Read reader
                IsUnwanted = bool.Read reader
            }
            : Left)
}

let withdrawal: Form<Withdrawal> = {
    Write =
        fun writer it ->
            octets.Write writer it.Packet
            schedule.Write writer it.Schedule
    Read =
        fun reader -> ({ Packet = octets.Read reader; Schedule = schedule.Read reader }: Withdrawal)
}

let ended: Form<Ended> = {
    Write =
        fun writer it ->
            branch.Write writer it.Branch
            int.Write writer it.Leg
            hop.Write writer it.Hop
            (option octets).Write writer it.Ack
            (option left).Write writer it.Left
            (option withdrawal).Write writer it.Withdrawal
    Read =
        fun reader ->
            ({
                Branch = branch.Read reader
                Leg = int.Read reader
                Hop = hop.Read reader
                Ack = (option octets).Read reader
                Left = (option left).Read reader
                Withdrawal = (option withdrawal).Read reader
            }
            : Ended)
}

let lingering: Form<Lingering> = {
    Write =
        fun writer it ->
            branch.Write writer it.Branch
            method.Write writer it.Method
            int.Write writer it.Leg
            choice.Write writer it.Transport
            instant.Write writer it.Until
    Read =
        fun reader ->
            ({
                Branch = branch.Read reader
                Method = method.Read reader
                Leg = int.Read reader
                Transport = choice.Read reader
                Until = instant.Read reader
            }
            : Lingering)
}

let clientPhase: Form<ClientPhase> = {
    Write =
        fun writer it ->
            match it with
            | ClientPhase.Resolving(a, b, c) ->
                writer.Case 0
                request.Write writer a
                resolution.Write writer b
                (list question).Write writer c
            | ClientPhase.AwaitingSource(a, b) ->
                writer.Case 1
                request.Write writer a
                (list hop).Write writer b
            | ClientPhase.Held(a) ->
                writer.Case 2
                request.Write writer a
            | ClientPhase.Passing(a) ->
                writer.Case 3
                attempt.Write writer a
            | ClientPhase.Calling(a) ->
                writer.Case 4
                attempt.Write writer a
            | ClientPhase.Proceeding(a) ->
                writer.Case 5
                attempt.Write writer a
            | ClientPhase.Completed(a) ->
                writer.Case 6
                ended.Write writer a
            | ClientPhase.Accepted(a) ->
                writer.Case 7
                ended.Write writer a
    Read =
        fun reader ->
            match reader.Case() with
            | 0 ->
                ClientPhase.Resolving(
                    request.Read reader,
                    resolution.Read reader,
                    (list question).Read reader
                )
            | 1 -> ClientPhase.AwaitingSource(request.Read reader, (list hop).Read reader)
            | 2 -> ClientPhase.Held(request.Read reader)
            | 3 -> ClientPhase.Passing(attempt.Read reader)
            | 4 -> ClientPhase.Calling(attempt.Read reader)
            | 5 -> ClientPhase.Proceeding(attempt.Read reader)
            | 6 -> ClientPhase.Completed(ended.Read reader)
            | 7 -> ClientPhase.Accepted(ended.Read reader)
            | _ -> reader.Unknown "clientPhase"
}

let client: Form<Client> = {
    Write =
        fun writer it ->
            sender.Write writer it.Sender
            method.Write writer it.Method
            bool.Write writer it.IsGiven
            clientPhase.Write writer it.Phase
            bool.Write writer it.Told
            bool.Write writer it.Expects
            instant.Write writer it.Until
            instant.Write writer it.AnswerBy
            int.Write writer it.Attempts
            (option outcome).Write writer it.Best
            (list ended).Write writer it.Past
            (option number).Write writer it.Invite
            trace.Write writer it.Trace
    Read =
        fun reader ->
            ({
                Sender = sender.Read reader
                Method = method.Read reader
                IsGiven = bool.Read reader
                Phase = clientPhase.Read reader
                Told = bool.Read reader
                Expects = bool.Read reader
                Until = instant.Read reader
                AnswerBy = instant.Read reader
                Attempts = int.Read reader
                Best = (option outcome).Read reader
                Past = (list ended).Read reader
                Invite = (option number).Read reader
                Trace = trace.Read reader
            }
            : Client)
}

let replyPhase: Form<ReplyPhase> = {
    Write =
        fun writer it ->
            match it with
            | ReplyPhase.Locating(a, b, c) ->
                writer.Case 0
                response.Write writer a
                resolution.Write writer b
                (list question).Write writer c
            | ReplyPhase.ReplyAwaitingSource(a, b, c) ->
                writer.Case 1
                response.Write writer a
                (list hop).Write writer b
                outcome.Write writer c
            | ReplyPhase.Handing(a, b, c) ->
                writer.Case 2
                response.Write writer a
                hop.Write writer b
                (list hop).Write writer c
            | ReplyPhase.AwaitingAck(a, b) ->
                writer.Case 3
                number.Write writer a
                hop.Write writer b
    Read =
        fun reader ->
            match reader.Case() with
            | 0 ->
                ReplyPhase.Locating(
                    response.Read reader,
                    resolution.Read reader,
                    (list question).Read reader
                )
            | 1 ->
                ReplyPhase.ReplyAwaitingSource(
                    response.Read reader,
                    (list hop).Read reader,
                    outcome.Read reader
                )
            | 2 -> ReplyPhase.Handing(response.Read reader, hop.Read reader, (list hop).Read reader)
            | 3 -> ReplyPhase.AwaitingAck(number.Read reader, hop.Read reader)
            | _ -> reader.Unknown "replyPhase"
}

let reply: Form<Reply> = {
    Write =
        fun writer it ->
            sender.Write writer it.Sender
            number.Write writer it.Back
            bool.Write writer it.WasHanded
            bool.Write writer it.IsGiven
            (option outcome).Write writer it.Lost
            replyPhase.Write writer it.Phase
            instant.Write writer it.Until
            trace.Write writer it.Trace
    Read =
        fun reader ->
            ({
                Sender = sender.Read reader
                Back = number.Read reader
                WasHanded = bool.Read reader
                IsGiven = bool.Read reader
                Lost = (option outcome).Read reader
                Phase = replyPhase.Read reader
                Until = instant.Read reader
                Trace = trace.Read reader
            }
            : Reply)
}
