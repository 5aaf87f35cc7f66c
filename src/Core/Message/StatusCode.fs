// The status codes by name, and the reason phrase of each (RFC 3261, 21, and its extensions).
namespace SipFun

open SipFun.Core

/// <summary>Status codes by name, and their reason phrases.</summary>
[<RequireQualifiedAccess>]
module StatusCode =
    /// <summary>100 Trying.</summary>
    [<Literal>]
    let Trying = 100

    /// <summary>180 Ringing.</summary>
    [<Literal>]
    let Ringing = 180

    /// <summary>181 Call Is Being Forwarded.</summary>
    [<Literal>]
    let CallIsBeingForwarded = 181

    /// <summary>182 Queued.</summary>
    [<Literal>]
    let Queued = 182

    /// <summary>183 Session Progress.</summary>
    [<Literal>]
    let SessionProgress = 183

    /// <summary>199 Early Dialog Terminated.</summary>
    [<Literal>]
    let EarlyDialogTerminated = 199

    /// <summary>200 OK.</summary>
    [<Literal>]
    let Ok = 200

    /// <summary>202 Accepted.</summary>
    [<Literal>]
    let Accepted = 202

    /// <summary>204 No Notification.</summary>
    [<Literal>]
    let NoNotification = 204

    /// <summary>300 Multiple Choices.</summary>
    [<Literal>]
    let MultipleChoices = 300

    /// <summary>301 Moved Permanently.</summary>
    [<Literal>]
    let MovedPermanently = 301

    /// <summary>302 Moved Temporarily.</summary>
    [<Literal>]
    let MovedTemporarily = 302

    /// <summary>305 Use Proxy.</summary>
    [<Literal>]
    let UseProxy = 305

    /// <summary>380 Alternative Service.</summary>
    [<Literal>]
    let AlternativeService = 380

    /// <summary>400 Bad Request.</summary>
    [<Literal>]
    let BadRequest = 400

    /// <summary>401 Unauthorized.</summary>
    [<Literal>]
    let Unauthorized = 401

    /// <summary>402 Payment Required.</summary>
    [<Literal>]
    let PaymentRequired = 402

    /// <summary>403 Forbidden.</summary>
    [<Literal>]
    let Forbidden = 403

    /// <summary>404 Not Found.</summary>
    [<Literal>]
    let NotFound = 404

    /// <summary>405 Method Not Allowed.</summary>
    [<Literal>]
    let MethodNotAllowed = 405

    /// <summary>406 Not Acceptable.</summary>
    [<Literal>]
    let NotAcceptable = 406

    /// <summary>407 Proxy Authentication Required.</summary>
    [<Literal>]
    let ProxyAuthenticationRequired = 407

    /// <summary>408 Request Timeout.</summary>
    [<Literal>]
    let RequestTimeout = 408

    /// <summary>410 Gone.</summary>
    [<Literal>]
    let Gone = 410

    /// <summary>412 Conditional Request Failed.</summary>
    [<Literal>]
    let ConditionalRequestFailed = 412

    /// <summary>413 Request Entity Too Large.</summary>
    [<Literal>]
    let RequestEntityTooLarge = 413

    /// <summary>414 Request-URI Too Long.</summary>
    [<Literal>]
    let RequestUriTooLong = 414

    /// <summary>415 Unsupported Media Type.</summary>
    [<Literal>]
    let UnsupportedMediaType = 415

    /// <summary>416 Unsupported URI Scheme.</summary>
    [<Literal>]
    let UnsupportedUriScheme = 416

    /// <summary>420 Bad Extension.</summary>
    [<Literal>]
    let BadExtension = 420

    /// <summary>421 Extension Required.</summary>
    [<Literal>]
    let ExtensionRequired = 421

    /// <summary>422 Session Interval Too Small.</summary>
    [<Literal>]
    let SessionIntervalTooSmall = 422

    /// <summary>423 Interval Too Brief.</summary>
    [<Literal>]
    let IntervalTooBrief = 423

    /// <summary>430 Flow Failed.</summary>
    [<Literal>]
    let FlowFailed = 430

    /// <summary>439 First Hop Lacks Outbound Support.</summary>
    [<Literal>]
    let FirstHopLacksOutboundSupport = 439

    /// <summary>440 Max-Breadth Exceeded.</summary>
    [<Literal>]
    let MaxBreadthExceeded = 440

    /// <summary>480 Temporarily Unavailable.</summary>
    [<Literal>]
    let TemporarilyUnavailable = 480

    /// <summary>481 Call/Transaction Does Not Exist.</summary>
    [<Literal>]
    let CallTransactionDoesNotExist = 481

    /// <summary>482 Loop Detected.</summary>
    [<Literal>]
    let LoopDetected = 482

    /// <summary>483 Too Many Hops.</summary>
    [<Literal>]
    let TooManyHops = 483

    /// <summary>484 Address Incomplete.</summary>
    [<Literal>]
    let AddressIncomplete = 484

    /// <summary>485 Ambiguous.</summary>
    [<Literal>]
    let Ambiguous = 485

    /// <summary>486 Busy Here.</summary>
    [<Literal>]
    let BusyHere = 486

    /// <summary>487 Request Terminated.</summary>
    [<Literal>]
    let RequestTerminated = 487

    /// <summary>488 Not Acceptable Here.</summary>
    [<Literal>]
    let NotAcceptableHere = 488

    /// <summary>489 Bad Event.</summary>
    [<Literal>]
    let BadEvent = 489

    /// <summary>491 Request Pending.</summary>
    [<Literal>]
    let RequestPending = 491

    /// <summary>493 Undecipherable.</summary>
    [<Literal>]
    let Undecipherable = 493

    /// <summary>494 Security Agreement Required.</summary>
    [<Literal>]
    let SecurityAgreementRequired = 494

    /// <summary>500 Server Internal Error.</summary>
    [<Literal>]
    let ServerInternalError = 500

    /// <summary>501 Not Implemented.</summary>
    [<Literal>]
    let NotImplemented = 501

    /// <summary>502 Bad Gateway.</summary>
    [<Literal>]
    let BadGateway = 502

    /// <summary>503 Service Unavailable.</summary>
    [<Literal>]
    let ServiceUnavailable = 503

    /// <summary>504 Server Time-out.</summary>
    [<Literal>]
    let ServerTimeOut = 504

    /// <summary>505 Version Not Supported.</summary>
    [<Literal>]
    let VersionNotSupported = 505

    /// <summary>513 Message Too Large.</summary>
    [<Literal>]
    let MessageTooLarge = 513

    /// <summary>580 Precondition Failure.</summary>
    [<Literal>]
    let PreconditionFailure = 580

    /// <summary>600 Busy Everywhere.</summary>
    [<Literal>]
    let BusyEverywhere = 600

    /// <summary>603 Decline.</summary>
    [<Literal>]
    let Decline = 603

    /// <summary>604 Does Not Exist Anywhere.</summary>
    [<Literal>]
    let DoesNotExistAnywhere = 604

    /// <summary>606 Not Acceptable.</summary>
    [<Literal>]
    let NotAcceptableAnywhere = 606

    /// <summary>The usual reason phrase; for a code without a name that of its class's first
    /// code (RFC 3261, 8.1.3.2), "Unknown" outside 100 to 699.</summary>
    let ReasonPhrase (statusCode: int) : string = ReasonPhrases.usual statusCode
