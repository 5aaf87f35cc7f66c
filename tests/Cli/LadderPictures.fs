// Ladders as they are to be drawn, character by character.
module SipFun.Tests.Cli.LadderPictures

let alone = [
    "                alice                       127.0.0.1:2000"
    "           127.0.0.1:1000"
    "                  |                                |"
    "    0.000         |------------ INVITE ----------->|"
    "    0.500         |........ INVITE, copy 2 .......>|"
    "    1.004         |<------- 486 Busy Here ---------|"
    "    1.005         |------------- ACK ------------->|"
    "    5.0 s         :                                :"
    "    6.000         |---------- keep-alive --------->|"
    "    6.100         |<- no SIP, 8 bytes: .rubbish ---|"
    "                  |                                |"
]

let joined = [
    "                alice                             bob"
    "           127.0.0.1:1000                   127.0.0.1:2000"
    "                  |                                |"
    "    0.000         |------- INVITE -------X         |"
    "    0.500         |........ INVITE, copy 2 .......>|"
    "    0.503         |         X--- 486 Busy Here ----|"
    "    1.003         |<... 486 Busy Here, copy 2 .....|"
    "    1.005         |------------- ACK ------------->|"
    "    5.0 s         :                                :"
    "    6.000         |---------- keep-alive --------->|"
    "    6.099         |<- no SIP, 8 bytes: .rubbish ---|"
    "                  |                                |"
]
