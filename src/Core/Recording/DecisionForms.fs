// The decisions about a message, as they are written and read back.
module internal SipFun.Core.DecisionForms

open SipFun
open SipFun.Core.Form
open SipFun.Core.ValueForms

let decision: Form<Decision> = {
    Write =
        fun writer it ->
            match it with
            | Decision.TargetIsRoute(a) ->
                writer.Case 0
                uri.Write writer a
            | Decision.TargetIsStrictRoute(a) ->
                writer.Case 1
                uri.Write writer a
            | Decision.TargetIsRequestUri(a) ->
                writer.Case 2
                uri.Write writer a
            | Decision.TargetIsVia(a) ->
                writer.Case 3
                text.Write writer a
            | Decision.DestinationGiven(a) ->
                writer.Case 4
                hop.Write writer a
            | Decision.DomainMapped(a, b) ->
                writer.Case 5
                text.Write writer a
                uri.Write writer b
            | Decision.DomainNotMapped(a) ->
                writer.Case 6
                text.Write writer a
            | Decision.ProxyChosen(a) ->
                writer.Case 7
                uri.Write writer a
            | Decision.NoProxy -> writer.Case 8
            | Decision.TransportsAllowed(a, b) ->
                writer.Case 9
                (list choice).Write writer a
                text.Write writer b
            | Decision.HostIsNumeric(a) ->
                writer.Case 10
                address.Write writer a
            | Decision.HostIsLocalhost(a) ->
                writer.Case 11
                text.Write writer a
            | Decision.MaddrReplaces(a) ->
                writer.Case 12
                text.Write writer a
            | Decision.PortIsExplicit(a) ->
                writer.Case 13
                int.Write writer a
            | Decision.TransportsSkipped(a, b) ->
                writer.Case 14
                (list choice).Write writer a
                text.Write writer b
            | Decision.FamilySkipped(a, b) ->
                writer.Case 15
                choice.Write writer a
                text.Write writer b
            | Decision.Asked(a) ->
                writer.Case 16
                question.Write writer a
            | Decision.Remembered(a, b) ->
                writer.Case 17
                question.Write writer a
                int.Write writer b
            | Decision.StaleUsed(a) ->
                writer.Case 18
                question.Write writer a
            | Decision.Got(a, b, c, d) ->
                writer.Case 19
                question.Write writer a
                choice.Write writer b
                int.Write writer c
                int.Write writer d
            | Decision.AliasIs(a, b) ->
                writer.Case 20
                text.Write writer a
                text.Write writer b
            | Decision.PointerTaken(a, b, c, d) ->
                writer.Case 21
                int.Write writer a
                int.Write writer b
                text.Write writer c
                text.Write writer d
            | Decision.PointerSkipped(a, b, c) ->
                writer.Case 22
                text.Write writer a
                text.Write writer b
                text.Write writer c
            | Decision.PointersEmpty -> writer.Case 23
            | Decision.QuestionSkipped(a) ->
                writer.Case 24
                question.Write writer a
            | Decision.QuestionTooLate(a) ->
                writer.Case 25
                question.Write writer a
            | Decision.ServiceDrawn(a, b, c, d, e, f, g) ->
                writer.Case 26
                text.Write writer a
                text.Write writer b
                int.Write writer c
                int.Write writer d
                int.Write writer e
                int.Write writer f
                int.Write writer g
            | Decision.ServiceSkipped(a, b, c) ->
                writer.Case 27
                text.Write writer a
                text.Write writer b
                text.Write writer c
            | Decision.AddressSkipped(a, b) ->
                writer.Case 28
                address.Write writer a
                text.Write writer b
            | Decision.CandidateIs(a) ->
                writer.Case 29
                hop.Write writer a
            | Decision.ResolutionFailed(a) ->
                writer.Case 30
                failure.Write writer a
            | Decision.HopSetAside(a, b, c, d) ->
                writer.Case 31
                hop.Write writer a
                choice.Write writer b
                text.Write writer c
                int.Write writer d
            | Decision.HopKept(a) ->
                writer.Case 32
                hop.Write writer a
            | Decision.SourceIs(a, b) ->
                writer.Case 33
                address.Write writer a
                (option address).Write writer b
            | Decision.LegChosen(a, b) ->
                writer.Case 34
                leg.Write writer a
                text.Write writer b
            | Decision.LegRejected(a, b) ->
                writer.Case 35
                leg.Write writer a
                text.Write writer b
            | Decision.PathMtuIs(a, b, c) ->
                writer.Case 36
                int.Write writer a
                int.Write writer b
                bool.Write writer c
            | Decision.SizeIs(a) ->
                writer.Case 37
                int.Write writer a
            | Decision.LargeGoesOverTcp(a, b) ->
                writer.Case 38
                int.Write writer a
                int.Write writer b
            | Decision.LargeGoesOverUdp(a) ->
                writer.Case 39
                hop.Write writer a
            | Decision.GoesOverFlow(a, b) ->
                writer.Case 40
                hop.Write writer a
                bool.Write writer b
            | Decision.FirstSent(a) ->
                writer.Case 41
                hop.Write writer a
            | Decision.TooBigForPath(a) ->
                writer.Case 42
                int.Write writer a
            | Decision.CopySent(a) ->
                writer.Case 43
                int.Write writer a
            | Decision.ResponseCame(a, b) ->
                writer.Case 44
                int.Write writer a
                hop.Write writer b
            | Decision.HopFailed(a, b, c) ->
                writer.Case 45
                hop.Write writer a
                choice.Write writer b
                text.Write writer c
            | Decision.HopMarked(a, b, c) ->
                writer.Case 46
                hop.Write writer a
                choice.Write writer b
                int.Write writer c
            | Decision.SentAnew(a) ->
                writer.Case 47
                hop.Write writer a
            | Decision.HopTimedOut(a) ->
                writer.Case 48
                hop.Write writer a
            | Decision.HopAnswered503(a) ->
                writer.Case 49
                hop.Write writer a
            | Decision.AckSent -> writer.Case 50
            | Decision.CancelSent(a) ->
                writer.Case 51
                hop.Write writer a
            | Decision.CancelHeld -> writer.Case 52
            | Decision.CancelJoined(a) ->
                writer.Case 53
                number.Write writer a
            | Decision.EndedWith(a, b) ->
                writer.Case 54
                int.Write writer a
                text.Write writer b
            | Decision.EndedAs(a, b) ->
                writer.Case 55
                text.Write writer a
                text.Write writer b
    Read =
        fun reader ->
            match reader.Case() with
            | 0 -> Decision.TargetIsRoute(uri.Read reader)
            | 1 -> Decision.TargetIsStrictRoute(uri.Read reader)
            | 2 -> Decision.TargetIsRequestUri(uri.Read reader)
            | 3 -> Decision.TargetIsVia(text.Read reader)
            | 4 -> Decision.DestinationGiven(hop.Read reader)
            | 5 -> Decision.DomainMapped(text.Read reader, uri.Read reader)
            | 6 -> Decision.DomainNotMapped(text.Read reader)
            | 7 -> Decision.ProxyChosen(uri.Read reader)
            | 8 -> Decision.NoProxy
            | 9 -> Decision.TransportsAllowed((list choice).Read reader, text.Read reader)
            | 10 -> Decision.HostIsNumeric(address.Read reader)
            | 11 -> Decision.HostIsLocalhost(text.Read reader)
            | 12 -> Decision.MaddrReplaces(text.Read reader)
            | 13 -> Decision.PortIsExplicit(int.Read reader)
            | 14 -> Decision.TransportsSkipped((list choice).Read reader, text.Read reader)
            | 15 -> Decision.FamilySkipped(choice.Read reader, text.Read reader)
            | 16 -> Decision.Asked(question.Read reader)
            | 17 -> Decision.Remembered(question.Read reader, int.Read reader)
            | 18 -> Decision.StaleUsed(question.Read reader)
            | 19 ->
                Decision.Got(
                    question.Read reader,
                    choice.Read reader,
                    int.Read reader,
                    int.Read reader
                )
            | 20 -> Decision.AliasIs(text.Read reader, text.Read reader)
            | 21 ->
                Decision.PointerTaken(
                    int.Read reader,
                    int.Read reader,
                    text.Read reader,
                    text.Read reader
                )
            | 22 -> Decision.PointerSkipped(text.Read reader, text.Read reader, text.Read reader)
            | 23 -> Decision.PointersEmpty
            | 24 -> Decision.QuestionSkipped(question.Read reader)
            | 25 -> Decision.QuestionTooLate(question.Read reader)
            | 26 ->
                Decision.ServiceDrawn(
                    text.Read reader,
                    text.Read reader,
                    int.Read reader,
                    int.Read reader,
                    int.Read reader,
                    int.Read reader,
                    int.Read reader
                )
            | 27 -> Decision.ServiceSkipped(text.Read reader, text.Read reader, text.Read reader)
            | 28 -> Decision.AddressSkipped(address.Read reader, text.Read reader)
            | 29 -> Decision.CandidateIs(hop.Read reader)
            | 30 -> Decision.ResolutionFailed(failure.Read reader)
            | 31 ->
                Decision.HopSetAside(
                    hop.Read reader,
                    choice.Read reader,
                    text.Read reader,
                    int.Read reader
                )
            | 32 -> Decision.HopKept(hop.Read reader)
            | 33 -> Decision.SourceIs(address.Read reader, (option address).Read reader)
            | 34 -> Decision.LegChosen(leg.Read reader, text.Read reader)
            | 35 -> Decision.LegRejected(leg.Read reader, text.Read reader)
            | 36 -> Decision.PathMtuIs(int.Read reader, int.Read reader, bool.Read reader)
            | 37 -> Decision.SizeIs(int.Read reader)
            | 38 -> Decision.LargeGoesOverTcp(int.Read reader, int.Read reader)
            | 39 -> Decision.LargeGoesOverUdp(hop.Read reader)
            | 40 -> Decision.GoesOverFlow(hop.Read reader, bool.Read reader)
            | 41 -> Decision.FirstSent(hop.Read reader)
            | 42 -> Decision.TooBigForPath(int.Read reader)
            | 43 -> Decision.CopySent(int.Read reader)
            | 44 -> Decision.ResponseCame(int.Read reader, hop.Read reader)
            | 45 -> Decision.HopFailed(hop.Read reader, choice.Read reader, text.Read reader)
            | 46 -> Decision.HopMarked(hop.Read reader, choice.Read reader, int.Read reader)
            | 47 -> Decision.SentAnew(hop.Read reader)
            | 48 -> Decision.HopTimedOut(hop.Read reader)
            | 49 -> Decision.HopAnswered503(hop.Read reader)
            | 50 -> Decision.AckSent
            | 51 -> Decision.CancelSent(hop.Read reader)
            | 52 -> Decision.CancelHeld
            | 53 -> Decision.CancelJoined(number.Read reader)
            | 54 -> Decision.EndedWith(int.Read reader, text.Read reader)
            | 55 -> Decision.EndedAs(text.Read reader, text.Read reader)
            | _ -> reader.Unknown "decision"
}

let dated: Form<Dated> = {
    Write =
        fun writer it ->
            instant.Write writer it.At
            decision.Write writer it.Decision
    Read = fun reader -> ({ At = instant.Read reader; Decision = decision.Read reader }: Dated)
}

let trace: Form<Trace> = {
    Write =
        fun writer it ->
            (list dated).Write writer it.First
            (list dated).Write writer it.Last
            int.Write writer it.LastSize
            int.Write writer it.Count
            int.Write writer it.Room
    Read =
        fun reader ->
            ({
                First = (list dated).Read reader
                Last = (list dated).Read reader
                LastSize = int.Read reader
                Count = int.Read reader
                Room = int.Read reader
            }
            : Trace)
}
