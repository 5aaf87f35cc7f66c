// What a dispatcher was told at its start, as it is written and read back.
module internal SipFun.Core.SettingsForms

open SipFun
open SipFun.Core.Form
open SipFun.Core.ValueForms

let timers: Form<Timers> = {
    Write =
        fun writer it ->
            positive.Write writer it.T1
            positive.Write writer it.T2
            positive.Write writer it.T4
    Read =
        fun reader ->
            ({
                T1 = positive.Read reader
                T2 = positive.Read reader
                T4 = positive.Read reader
            }
            : Timers)
}

let limits: Form<Limits> = {
    Write =
        fun writer it ->
            int.Write writer it.Deliveries
            int.Write writer it.Transactions
            int.Write writer it.Lingering
            int.Write writer it.PerStep
            int.Write writer it.HeldCopies
            instant.Write writer it.UnansweredFor
            instant.Write writer it.ResolveWithin
            int.Write writer it.Decisions
            int.Write writer it.PacketBytes
            int.Write writer it.Flows
            int.Write writer it.FlowQueue
    Read =
        fun reader ->
            ({
                Deliveries = int.Read reader
                Transactions = int.Read reader
                Lingering = int.Read reader
                PerStep = int.Read reader
                HeldCopies = int.Read reader
                UnansweredFor = instant.Read reader
                ResolveWithin = instant.Read reader
                Decisions = int.Read reader
                PacketBytes = int.Read reader
                Flows = int.Read reader
                FlowQueue = int.Read reader
            }
            : Limits)
}

let memories: Form<Memories> = {
    Write =
        fun writer it ->
            int.Write writer it.Answers
            instant.Write writer it.StaleFor
            instant.Write writer it.AnswerWithin
            int.Write writer it.Marks
            instant.Write writer it.MarkFor
            int.Write writer it.PathMtus
            int.Write writer it.Sticky
            instant.Write writer it.StickyFor
            (option instant).Write writer it.TryNextAfter
    Read =
        fun reader ->
            ({
                Answers = int.Read reader
                StaleFor = instant.Read reader
                AnswerWithin = instant.Read reader
                Marks = int.Read reader
                MarkFor = instant.Read reader
                PathMtus = int.Read reader
                Sticky = int.Read reader
                StickyFor = instant.Read reader
                TryNextAfter = (option instant).Read reader
            }
            : Memories)
}

let rules: Form<Rules> = {
    Write =
        fun writer it ->
            (map text uri).Write writer it.DomainProxies
            (option uri).Write writer it.OutgoingProxy
            unsigned.Write writer it.Seed
    Read =
        fun reader ->
            ({
                DomainProxies = (map text uri).Read reader
                OutgoingProxy = (option uri).Read reader
                Seed = unsigned.Read reader
            }
            : Rules)
}

let settings: Form<Settings> = {
    Write =
        fun writer it ->
            timers.Write writer it.Timers
            limits.Write writer it.Limits
            rules.Write writer it.Rules
            memories.Write writer it.Memories
            int.Write writer it.LargeRequest
            (structPair unsigned unsigned).Write writer it.Secret
    Read =
        fun reader ->
            ({
                Timers = timers.Read reader
                Limits = limits.Read reader
                Rules = rules.Read reader
                Memories = memories.Read reader
                LargeRequest = int.Read reader
                Secret = (structPair unsigned unsigned).Read reader
            }
            : Settings)
}
