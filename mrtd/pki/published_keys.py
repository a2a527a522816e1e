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
