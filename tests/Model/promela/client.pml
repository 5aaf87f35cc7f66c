/*
 * The client transactions of RFC 3261, 17.1 (and RFC 6026's Accepted) over a network that loses, repeats,
 * delays and reorders: written from the RFC's figures 5 and 6, not from our code. Every state of the
 * client is printed as it is entered, so that tests/Model/PromelaTests.fs can compare the states with
 * those of the real step.
 *
 *   spin -DINVITE -a client.pml && gcc -O2 -DSAFETY -o pan pan.c && ./pan -m100000
 *   spin -a client.pml          && gcc -O2 -DSAFETY -o pan pan.c && ./pan -m100000
 *
 * One unit of time is T1, 500 ms. A timer rings before or after whatever the network brings.
 */

#define T2 8
#define LONG 64

/* phases */
#define CALLING 1
#define PROCEEDING 2
#define COMPLETED 3
#define ACCEPTED 4
#define TERMINATED 5

/* outcomes */
#define NONE 0
#define ANSWERED200 1
#define ANSWERED486 2
#define TIMEDOUT 3
#define CANCELLED 4

#ifdef INVITE
#define MOST 7
#define LINGER 64      /* Timer D, 32 s */
#else
#define MOST 11
#define LINGER 10      /* Timer K, T4 */
#endif

chan wire = [1] of { byte };     /* requests under way */
chan back = [2] of { byte };     /* responses under way */
bool heard;                      /* one of them arrived */

byte phase = CALLING;
byte sent;
byte clock;
byte interval = 1;
byte next = 1;                   /* the next copy; 255: none */
byte until = LONG;               /* Timer B, F, D, K or M; 255: none */
byte outcome;
byte acks;

inline state() {
    c_code { printf("state %d %d %d %d %d\n", now.phase, now.sent, now.clock, now.outcome, now.acks); }
}

/* Losing is the network's: where there is no room, one is lost. */
inline transmit() {
    sent++;
    assert(sent <= MOST);        /* S-03, S-04 */
    if
    :: full(wire) -> skip
    :: nfull(wire) -> wire!1
    fi
}

inline end_with(result) {
    assert(outcome == NONE || outcome == CANCELLED);     /* S-01 */
    if
    :: outcome == NONE -> outcome = result
    :: else -> skip
    fi
}

inline linger_in(where, time) {
    phase = where;
    next = 255;
    until = clock + time
}

inline acknowledge() {
    if
    :: acks < 2 -> acks++
    :: else -> skip
    fi
}

inline copy() {
    clock = next;
    transmit();
    interval = interval * 2;
#ifndef INVITE
    if
    :: interval > T2 || phase == PROCEEDING -> interval = T2
    :: else -> skip
    fi;
#endif
    next = next + interval
}

inline timer() {
    if
    :: next < until -> copy()
    :: else ->
        clock = until;
        if
        :: phase <= PROCEEDING && outcome == NONE -> end_with(TIMEDOUT)
        :: else -> skip
        fi;
        phase = TERMINATED
    fi
}

inline provisional() {
    if
    :: phase == CALLING ->
        phase = PROCEEDING;
#ifdef INVITE
        next = 255;
        if
        :: outcome == NONE -> until = 255
        :: else -> skip
        fi
#else
        interval = T2
#endif
    :: else -> skip
    fi
}

inline success() {
    if
    :: phase <= PROCEEDING ->
        end_with(ANSWERED200);
#ifdef INVITE
        linger_in(ACCEPTED, LONG)
#else
        linger_in(COMPLETED, LINGER)
#endif
    :: else -> skip
    fi
}

inline failure() {
    if
    :: phase <= PROCEEDING ->
        end_with(ANSWERED486);
#ifdef INVITE
        acknowledge();
#endif
        linger_in(COMPLETED, LINGER)
    :: phase == COMPLETED ->
#ifdef INVITE
        acknowledge()
#else
        skip
#endif
    :: else -> skip
    fi
}

/* The sender gives up: the outcome at once, and no copy any more (S-15). */
inline cancel() {
    end_with(CANCELLED);
#ifdef INVITE
    linger_in(phase, LONG)
#else
    linger_in(COMPLETED, LINGER)
#endif
}

active proctype Client() {
    byte status;
    atomic { transmit(); state() };

    do
    :: atomic { phase != TERMINATED && (next != 255 || until != 255) -> timer(); state() }
    :: atomic { phase <= PROCEEDING && outcome == NONE -> cancel(); state() }
    :: atomic { back?status ->
            if
            :: status == 100 -> provisional()
            :: status == 200 -> success()
            :: status == 214 -> failure()
            fi;
            state()
        }
    :: phase == TERMINATED -> break
    od
}

/* Loses a request, or brings it; that it comes twice, or late, tells the server nothing new. */
active proctype Network() {
end:
    do
    :: wire?_ -> skip
    :: wire?_ -> heard = true
    od
}

/* Whatever a server, or several behind a fork, may say once they heard; lost where nobody takes it. */
active proctype Server() {
end:
    do
    :: heard && nfull(back) -> back!100
    :: heard && nfull(back) -> back!200
    :: heard && nfull(back) -> back!214        /* 486, in a byte */
    :: back?_ -> skip
    od
}
