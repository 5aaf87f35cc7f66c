// The To tag of a response we answer with: a keyed hash of the request, so that repeats, and a
// stateless element that remembers nothing, give the same one (RFC 3261, 8.2.7).
module SipFun.Core.Tag

open System
open SipFun

let ofRequest secret (request: SipRequest) =
    let text =
        String.Join(
            '\n',
            request.CallId.ToString(),
            request.FromTag,
            string request.CSeq.Number,
            request.TopVia.ToString()
        )

    (SipHash.ofText secret text).ToString "x16"
