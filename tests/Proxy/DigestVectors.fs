// Responses computed with another implementation, over a MESSAGE of alice's to sip:bob@home.test whose body is
// "hi": nonce n0nce, count 0000000A, client nonce c0, password secret.
module SipFun.Tests.Proxy.DigestVectors

open SipFun

let sip = [
    DigestAlgorithm.Md5, "MD5", "auth", "9d605f593de619660c09aa77d2407ef1"
    DigestAlgorithm.Md5, "MD5", "auth-int", "e2823e37bc19934d37149b1d079b4ffb"
    DigestAlgorithm.Sha256,
    "SHA-256",
    "auth",
    "6613c75bc58bbbe0afc20192e8be5d4d6fca1988bf803623e1e9052dbf04b4b7"
    DigestAlgorithm.Sha256,
    "SHA-256",
    "auth-int",
    "e1d6dcf4ff103a341d0f6a61f935ec1cc6cf4e9ea9f578878ef4112058925ea2"
    DigestAlgorithm.Sha512T256,
    "SHA-512-256",
    "auth",
    "3596f0d9ed9227892c23f85b3da982e8ebec12acf24f49649f4c47457a3a88f1"
    DigestAlgorithm.Sha512T256,
    "SHA-512-256",
    "auth-int",
    "aac89a108f3db3a9c8bc4d160b889fa321fa37115b405d4abda04a08351379bf"
]
