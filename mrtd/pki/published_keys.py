"""Keys of published test PKIs whose private halves are public or in strangers' hands (SECURITY.md 4.5)."""

from __future__ import annotations

from typing import Final

#: SHA-256 over SubjectPublicKeyInfo of the mock CSCAs in public repositories: selfxyz/self
#: (common/src/mock_certificates) and zkpassport/circuits (src/ts/tests/fixtures/zkr).
TEST_KEYS: Final = frozenset(
    {
        "01860c4c2d1ea6ac49c344f1e3b716e6094b53a918e4528956a1d0f4b7f71b1a",
        "03126f02f55ccd4acd332614e82c740af6d5016dcfabb382a944525c374b42cd",
        "0ec8cdfcafb8932b921ab70f25b6e61d4c5c0e908ffc9bf5a4ed8ec739f049a8",
        "101e9d8fb63283a14c37cdfba4c73e51850c66eda750c898fd93972ddac103b1",
        "17aaecd0866c989aa7a3431ee0636a820aff4f8a62bc4724c72dff8da78e4199",
        "26f70bbdeac4fe140e55bbd3cc4573be72623cff5b0f5d894899122dd73201bb",
        "2b228c72938a3b1c0d5986b1217ffd2ccbd69161db4afd596cbdf8bb361008aa",
        "2fac591be0a7657b95306dad346fa49573ae76e5537192c46a224efd32f845a1",
        "35fc02271561047396fe8391e1c46d5c59fe200ec0e1572e8b4b63dd0cb2b47d",
        "472c6f36f34429affa05c3b750512d7e043e354ea290040e1d20a28ca156e181",
        "522815c6f959e12481fd03d1f6ca86aa1edcb850ddb7fca281db0edc33cc2f88",
        "5406f94b10ad7e7f6f96efd19434574c7235153e559d7eeddef6a69efba6efb0",
        "554905730c5c68a83e1b2ada1b874f44ce7db66b74470c86c23941a661a1c73b",
        "6ba3889c1686177a284de02e4b1edfd8a0c512d0720310c58def519ce794081c",
        "72c3cb85b62365e619bb4e39ad0362c2c791b791f5094424f80d5a4f5f23eb81",
        "7af7fddae0bab51ea458ff3001cbe1dc194fde55e9576910e0564d7767c60902",
        "854ce8948e16d0361a67b90a85c77def8f4ad6697d9da7bc4a4bc1acbefa3ba1",
        "86cd73050044288a968ca4418dafa5853ee2ca90212bdd1952497322ed747946",
        "9026156f3c7bf9dca5db7c551e9de87a91a52925a92a229163074698beaa9da4",
        "9bdbd3bde599b9f1aebebf0f1f48dc3071ac66a106b4e8fcb477be55dcd80561",
        "ba0ef159070e3e7917c0c631c878413451c337b100a10bc64a927fbdfe405d56",
        "bdec2f1017b6de1887ac2b1e8ff1583e97c94d67f0f7cb8727f2aa1683a08253",
        "c67f5575a5b02e51a9cf12be7f1d9b46052cb84c3da13f5170a08a9bbb26d4e2",
        "e1c03f5d44c7614c018b0ef1736f326da998999383516988df3e38ec25966713",
    }
)

#: SHA-256 over the subjectPublicKey bits of the CSCA keys of our own specimen state, which are public by design: a
#: re-certification under a real country, without the mark, must not get into a production store. The bits and not the
#: whole SubjectPublicKeyInfo, because curves are spelled in more than one way.
SPECIMEN_KEYS: Final = frozenset(
    {
        "07347822eb417fc064e17f9dffa18c33aab3d82d1456051391a0defc94acbf76",
        "0b2ce71539af2833ed8109a5b4bd74db375a355398d18c5b9908a27d0ee59e27",
        "1257971a27fe801d5d126935602fa41bd02156d71ae78e59746e7eb27f53370a",
        "15fe1e7b233aa7e924a7e9949aa9dc6c34a7832a67d1b1f7a9923e0d561fd49a",
        "1b64b66ada6d85afd840237c7ecbfc0820fcd30d87efdcc875cc6f4f250f8fd2",
        "1f3a268e2708f8368758fa926eef423f43508ff1b043866719a297781dcba779",
        "2b96bbfb821e7253cb67b4b548d7e4694ad1b77fe29fae377fd028e0e9fe4718",
        "341afc301a93e9a8efb9d6d6fb3f81ab39c736eb3535ed32f8ab6f30a8910d26",
        "3962ab2ce8742da4bdd0c30f9c117daf13b36bad30df3aa04bc94dc74583c1ce",
        "58aeb62f33999b2e00644b247ebfb3d0f4dcb46f6dc8d44ac5c28d4687244764",
        "5e2375d8d82023752550101bc01e08eb7a6507281b2d6e78afe6179bdab0a0ce",
        "5ee8abbb6219bd2b4b503c940bef23283c5e23216831a14b07cbe2e03ab8214f",
        "83e0cd006ccd2b0750d72c4192440be19aa26818eee85563791f7ac028be6f40",
        "87b0c76492bb9e3f1c5e1c553d9d01ea61e432bab3f36aec9b810bc9005cfbf8",
        "9694541e1b113926ec771b58fdce8537e74e5578212640ece32c62ad24a35cd8",
        "98d80bfbd4f4e5dcf56d18819848701b0db8800ee0fde2c0b85b238bfc813844",
        "b5c7ab59aadea9aa0195a675cc048aa2c5763b977590639c7335fca69824d3e5",
        "ba3335b9b4ebb12b2d2875f5fb4a59ea3e7bfac165966e5155a11d6506507446",
        "c006939395261bd08985d4331c8d74e74e2b3522167fd6cb61998776bef039a1",
        "d7dd187d378ec5ac867340c64a9354d38ac0e636b729c6f5a8678b3ae11caab1",
        "de37ddb5ec27a8188bd00b56d156086b07f9296e6cd814dbaf77cc9282d23987",
        "f02bd680c92ee6d8859b0ae0de4aadfa6eab9e2575b757c5a341957661754c10",
        "f43d6f1a8d6c1c09cf087b0c4da2673eb5dbceb6ae7d797e336b264483268eb9",
        "ff6fb5466cd32558123c445231e6138df8cd971bf54df7fdbab2c51ba00796a4",
        "ffa5c1ac2aae9f087462751391b0fa4cf330d27f0fc31b1a322f649c4ed1538c",
    }
)
