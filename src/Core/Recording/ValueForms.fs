// The words of messages, hops and the DNS, as they are written and read back.
module internal SipFun.Core.ValueForms

open SipFun
open SipFun.Core.Form

/// Its bytes, and how many values of one field are read from it.
let message: Form<SipMessage> =
    checkedVia
        "message"
        (pair octets int)
        (fun message -> message.Bytes, message.Index.ValuesPerField)
        (fun (bytes, values) -> ValueOption.ofObj (SipMessage.TryRestore(bytes, values)))

let request: Form<SipRequest> =
    checkedVia "request" message (fun request -> request) (fun message ->
        match message with
        | :? SipRequest as request -> ValueSome request
        | _ -> ValueNone)

let response: Form<SipResponse> =
    checkedVia "response" message (fun response -> response) (fun message ->
        match message with
        | :? SipResponse as response -> ValueSome response
        | _ -> ValueNone)

let private tryUri (text: string) : SipUri voption =
    let mutable uri: SipUri | null = null

    if SipUri.TryParse(text, &uri) then
        ValueOption.ofObj uri
    else
        ValueNone

let uri: Form<SipUri> = checkedVia "URI" text _.ToString() tryUri

let callId: Form<CallId> =
    checkedVia "Call-ID" text _.Value (fun text -> ValueOption.ofObj (CallId.TryParse text))

let method: Form<SipMethod> =
    checkedVia "method" text _.Name (fun text ->
        match SipMethod.TryParse text with
        | true, NonNull method -> ValueSome method
        | _ -> ValueNone)

let address: Form<Address> = {
    Write =
        fun writer it ->
            unsigned.Write writer it.High
            unsigned.Write writer it.Low
            (via unsigned uint64 uint32).Write writer it.Scope
            choice.Write writer it.Family
    Read =
        fun reader ->
            ({
                High = unsigned.Read reader
                Low = unsigned.Read reader
                Scope = (via unsigned uint64 uint32).Read reader
                Family = choice.Read reader
            }
            : Address)
}

let hop: Form<Hop> = {
    Write =
        fun writer it ->
            choice.Write writer it.Transport
            address.Write writer it.Address
            int.Write writer it.Port
            nullable.Write writer it.VerifyName
            number.Write writer it.Flow
    Read =
        fun reader ->
            ({
                Transport = choice.Read reader
                Address = address.Read reader
                Port = int.Read reader
                VerifyName = nullable.Read reader
                Flow = number.Read reader
            }
            : Hop)
}

let network: Form<Network> = {
    Write =
        fun writer it ->
            address.Write writer it.Start
            int.Write writer it.Length
    Read = fun reader -> ({ Start = address.Read reader; Length = int.Read reader }: Network)
}

let leg: Form<Leg> = {
    Write =
        fun writer it ->
            int.Write writer it.Number
            choice.Write writer it.Transport
            address.Write writer it.Address
            int.Write writer it.Port
            text.Write writer it.SentBy
            (list network).Write writer it.Networks
            int.Write writer it.PathMtu
    Read =
        fun reader ->
            ({
                Number = int.Read reader
                Transport = choice.Read reader
                Address = address.Read reader
                Port = int.Read reader
                SentBy = text.Read reader
                Networks = (list network).Read reader
                PathMtu = int.Read reader
            }
            : Leg)
}

let question: Form<Question> = {
    Write =
        fun writer it ->
            text.Write writer it.Name
            choice.Write writer it.Type
    Read = fun reader -> ({ Name = text.Read reader; Type = choice.Read reader }: Question)
}

let recordData: Form<RecordData> = {
    Write =
        fun writer it ->
            match it with
            | RecordData.AddressOf(a) ->
                writer.Case 0
                address.Write writer a
            | RecordData.ServiceAt(a, b, c, d) ->
                writer.Case 1
                int.Write writer a
                int.Write writer b
                int.Write writer c
                text.Write writer d
            | RecordData.AliasOf(a) ->
                writer.Case 2
                text.Write writer a
            | RecordData.PointerTo(a, b, c, d, e, f) ->
                writer.Case 3
                int.Write writer a
                int.Write writer b
                text.Write writer c
                text.Write writer d
                text.Write writer e
                text.Write writer f
    Read =
        fun reader ->
            match reader.Case() with
            | 0 -> RecordData.AddressOf(address.Read reader)
            | 1 ->
                RecordData.ServiceAt(
                    int.Read reader,
                    int.Read reader,
                    int.Read reader,
                    text.Read reader
                )
            | 2 -> RecordData.AliasOf(text.Read reader)
            | 3 ->
                RecordData.PointerTo(
                    int.Read reader,
                    int.Read reader,
                    text.Read reader,
                    text.Read reader,
                    text.Read reader,
                    text.Read reader
                )
            | _ -> reader.Unknown "recordData"
}

let dnsRecord: Form<Record> = {
    Write =
        fun writer it ->
            text.Write writer it.Name
            int.Write writer it.Ttl
            recordData.Write writer it.Data
    Read =
        fun reader ->
            ({
                Name = text.Read reader
                Ttl = int.Read reader
                Data = recordData.Read reader
            }
            : Record)
}

let answer: Form<Answer> = {
    Write =
        fun writer it ->
            choice.Write writer it.Status
            (via (list dnsRecord) List.ofArray Array.ofList).Write writer it.Records
            int.Write writer it.NegativeTtl
    Read =
        fun reader ->
            ({
                Status = choice.Read reader
                Records = (via (list dnsRecord) List.ofArray Array.ofList).Read reader
                NegativeTtl = int.Read reader
            }
            : Answer)
}

let failure: Form<ResolutionFailure> = {
    Write =
        fun writer it ->
            choice.Write writer it.Stage
            choice.Write writer it.Fault
            text.Write writer it.Detail
    Read =
        fun reader ->
            ({
                Stage = choice.Read reader
                Fault = choice.Read reader
                Detail = text.Read reader
            }
            : ResolutionFailure)
}

let wishes: Form<Wishes> = {
    Write =
        fun writer it ->
            (list choice).Write writer it.Transports
            (list int).Write writer it.Legs
            (option number).Write writer it.Key
    Read =
        fun reader ->
            ({
                Transports = (list choice).Read reader
                Legs = (list int).Read reader
                Key = (option number).Read reader
            }
            : Wishes)
}
