// What is asked of the DNS and what comes back, as values (RFC 1035; RFC 2782 for SRV).
// A failure is an answer too: nothing here waits, throws or knows a server.
namespace SipFun

/// The record types that locating a SIP server asks for (RFC 3263).
type DnsType =
    | A = 1
    | Cname = 5
    | Aaaa = 28
    | Srv = 33
    | Naptr = 35

/// How a question ended. Everything but `Ok` comes without records.
type DnsStatus =
    /// Records of the type asked for are there.
    | Ok = 0
    /// The name exists, but has no record of this type.
    | NoData = 1
    /// The name does not exist.
    | NxDomain = 2
    /// The server could not answer.
    | ServFail = 3
    /// The server would not answer.
    | Refused = 4
    /// Nobody answered in time.
    | TimedOut = 5

namespace SipFun.Core

open SipFun

/// One question. Names are kept in lower case and without a trailing dot.
[<Struct>]
type Question = { Name: string; Type: DnsType }

/// What one record says. Names in lower case, without a trailing dot; "." stays as "".
type RecordData =
    | AddressOf of Address
    | ServiceAt of priority: int * weight: int * port: int * target: string
    | AliasOf of name: string
    | PointerTo of
        order: int *
        preference: int *
        flags: string *
        service: string *
        regexp: string *
        replacement: string

/// One record of an answer; `Ttl` in seconds.
type Record = { Name: string; Ttl: int; Data: RecordData }

/// The answer to one question.
type Answer = {
    Status: DnsStatus
    Records: Record array
    /// How long an answer without records may be believed, in seconds: the lesser of the SOA
    /// record's TTL and minimum (RFC 2308, 5). 0: there was none, it must not be kept.
    NegativeTtl: int
}

module Question =
    let normal (name: string) = name.TrimEnd('.').ToLowerInvariant()
    let create name kind = { Name = normal name; Type = kind }

    /// "SRV _sip._udp.example.com"
    let toString (question: Question) =
        System.String.Concat(question.Type.ToString().ToUpperInvariant(), " ", question.Name)

module Answer =
    let failed status = { Status = status; Records = [||]; NegativeTtl = 0 }

    /// No records, which may be believed for so many seconds.
    let empty status seconds = { failed status with NegativeTtl = seconds }

    let ok records =
        if Array.isEmpty records then
            failed DnsStatus.NoData
        else
            { Status = DnsStatus.Ok; Records = records; NegativeTtl = 0 }
