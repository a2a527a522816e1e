"""The sentences that the cases test, quoted from the standards (ICAO Doc 9303, 8th edition; RFCs)."""

from __future__ import annotations

from typing import Final

from mrtd.specimen.cases.case import Standard

_PART_3: Final = "ICAO 9303-3"
_PART_4: Final = "ICAO 9303-4"
_PART_10: Final = "ICAO 9303-10"
_PART_11: Final = "ICAO 9303-11"
_PART_12: Final = "ICAO 9303-12"

# --- ICAO 9303-11
PATH: Final = Standard(
    _PART_11,
    "5.1",
    "The inspection system SHALL build and validate a certification path from a Trust Anchor to the Document"
    " Signer Certificate used to sign the Document Security Object (SOD) according to Doc 9303-12.",
)
SIGNATURE: Final = Standard(
    _PART_11,
    "5.1",
    "The inspection system SHALL use the verified Document Signer Public Key to verify the signature of the"
    " Document Security Object (SOD).",
)
HASHES: Final = Standard(
    _PART_11,
    "5.1",
    "The inspection system SHALL ensure that the contents of the Data Group are authentic and unchanged by"
    " hashing the contents and comparing the result with the corresponding hash value in the Document Security"
    " Object (SOD).",
)
DOCUMENT_TYPE: Final = Standard(
    _PART_11,
    "5.1",
    "If yes, the inspection system SHOULD check the consistency of the DocumentTypeExtension, the Document"
    " Type from Data Group 1 and the Document Type from the visual MRZ",
)
DSC_USAGE: Final = Standard(
    _PART_11,
    "5.1",
    "If no, the inspection system SHOULD check that the KeyUsage of the Document Signer Certificate is set to"
    " digitalSignature and that the Document Signer Certificate contains no ExtendedKeyUsage-Extension",
)
COUNTRIES: Final = Standard(
    _PART_11,
    "5.1",
    "The inspection system or the inspection officer SHOULD check the consistency of the country codes",
)
VISUAL_MRZ: Final = Standard(
    _PART_11,
    "5.1",
    "Additionally, the inspection system or the inspection officer MAY compare the contents of Data Group 1"
    " to the visual MRZ",
)
USAGE_PERIOD: Final = Standard(
    _PART_11,
    "5.1",
    "The inspection system SHOULD verify that the Issuing Date of the eMRTD is included in the Private Key"
    " Usage Period contained in the Document Signer Certificate",
)
ACTIVE_AUTHENTICATION: Final = Standard(
    _PART_11,
    "6.1",
    "Active Authentication authenticates the contactless IC by signing a challenge sent by the IFD"
    " (inspection system) with a private key known only to the IC.",
)
NONCE: Final = Standard(_PART_11, "6.1", "The input is a nonce (RND.IFD) that MUST be 8 bytes.")
NONCE_REUSE: Final = Standard(_PART_11, "6.1", "Nonces MUST NOT be reused")
AA_RSA: Final = Standard(
    _PART_11,
    "6.1",
    "The IC SHALL compute a signature, when an integer factorization based mechanism is used, according to"
    " [ISO/IEC 9796-2] Digital Signature scheme 1.",
)
AA_TRAILER: Final = Standard(
    _PART_11,
    "6.1",
    "The trailer field option 1 MUST be used (and t set to 1) if SHA-1 is used during signature generation,"
    " trailer field option 2 MUST be used otherwise (and t set to 2).",
)
AA_BOTH_SCHEMES: Final = Standard(
    _PART_11,
    "6.1",
    "Inspection systems SHALL implement the signature generation scheme specified in [ISO/IEC 9796-2]"
    " paragraph B.6 and SHOULD implement the signature generation scheme specified in [ISO/IEC 9796-2]"
    " paragraph B.4.",
)
AA_ECDSA: Final = Standard(
    _PART_11, "6.1", "For ECDSA, the plain signature format according to [TR-03111] SHALL be used."
)
AA_CURVES: Final = Standard(_PART_11, "6.1", "Only prime curves with uncompressed points SHALL be used.")
AA_KEY: Final = Standard(
    _PART_11,
    "6.1",
    "A hash representation of Data Group 15 (Public Key (KPuAA) info) is stored in the Document Security"
    " Object (SOD) and therefore authenticated by the issuer’s digital signature.",
)
CHIP_AUTHENTICATION: Final = Standard(
    _PART_11, "6.2", "To verify the authenticity of the PKIC the terminal SHALL perform Passive Authentication."
)
CHIP_AUTHENTICATION_KEY: Final = Standard(
    _PART_11,
    "6.2",
    "The public key SHALL be provided as SubjectPublicKeyInfo in the ChipAuthenticationPublicKeyInfo structure",
)

PACE_FIRST: Final = Standard(_PART_11, "4.2", "This step is RECOMMENDED if PACE is supported by the eMRTD chip.")
CARD_ACCESS: Final = Standard(
    _PART_11,
    "4.2",
    "The inspection system MUST verify the authenticity of the contents of EF.CardAccess using EF.DG14 or"
    " EF.CardSecurity",
)

# --- ICAO 9303-10
COM: Final = Standard(
    _PART_10,
    "4.6.1",
    "It is RECOMMENDED that inspection systems that rely on the EF.COM be modified to use the SOD described"
    " in the LDS version 1.8 as soon as possible.",
)
SOD_FILE: Final = Standard(_PART_10, "4.6.2", "Only one EF.SOD is REQUIRED and allowed.")
SOD_DER: Final = Standard(
    _PART_10,
    "4.6.2",
    "All security objects MUST be produced in Distinguished Encoding Rule (DER) format to preserve the"
    " integrity of the signatures within them.",
)
SOD_VERSIONS: Final = Standard(
    _PART_10,
    "4.6.2",
    "There are two versions of the Document Security Object EF.SOD which have been deployed.",
)
SOD_CONTENT_TYPE: Final = Standard(_PART_10, "4.6.2", "id-icao-mrtd-security-ldsSecurityObject")
SOD_CERTIFICATE: Final = Standard(
    _PART_10,
    "4.6.2",
    "States are REQUIRED to include the Document Signer Certificate (CDS) which can be used to verify the"
    " signature in the signerInfos field.",
)
SOD_ONE_SIGNER: Final = Standard(
    _PART_10, "4.6.2", "It is recommended that States provide only one signerInfo within this field."
)
SOD_NULL: Final = Standard(
    _PART_10,
    "4.6.2",
    "Inspection system MUST accept the field DigestAlgorithmIdentifiers with both conditions, i.e. absent"
    " parameters and NULL parameters.",
)
GROUP_NUMBERS: Final = Standard(
    _PART_10, "4.6.2", "dataGroupHashValues SEQUENCE SIZE (2..ub-DataGroups) OF DataGroupHash"
)
GROUP_HASH: Final = Standard(
    _PART_10,
    "4.6.2",
    "The field dataGroupHashValue contains the calculated hash over the complete contents of the Data Group"
    " EF, specified by dataGroupNumber.",
)
DATA_GROUPS: Final = Standard(
    _PART_10,
    "4.7",
    "Data Groups 1 (DG1) through 16 (DG16) individually consist of a number of mandatory, optional, and"
    " conditional Data Elements.",
)
DG1: Final = Standard(
    _PART_10,
    "4.7.1",
    "The MRZ data object is a composite Data Element, identical to the OCR-B MRZ information printed on the"
    " document.",
)

DG2: Final = Standard(
    _PART_10,
    "4.7.2",
    "To facilitate interoperability, the first biometric recorded in each Data Group SHALL be encoded as per [ISO/IEC"
    " 19794-5].",
)
DG2_COUNT: Final = Standard(_PART_10, "4.7.2", "1 to 9 identifying number of unique encodings of data on the face.")
DG2_ISO_39794: Final = Standard(
    _PART_10,
    "4.5.6",
    "Biometric data encoded in the data object identified by tag '7F2E' MUST use the data structure in the table"
    " below.",
)
DG7: Final = Standard(
    _PART_10, "4.7.7", "1 to 9 identifying number of unique recordings of displayed signature or usual mark."
)
DG11: Final = Standard(
    _PART_10, "4.7.11", "Full name of document holder in national characters. Encoded per Doc 9303 rules."
)
DG12: Final = Standard(_PART_10, "4.7.12", "All Data Elements within this group are optional.")

# --- ICAO 9303-12
KEY_ROLLOVER: Final = Standard(
    _PART_12,
    "4.1.4",
    "When a CSCA key rollover occurs a certificate MUST be issued that links the new key to the old key to"
    " provide a secure transition for relying parties.",
)
CRL_PERIOD: Final = Standard(
    _PART_12,
    "4.1.5",
    "CSCAs MUST issue at least one CRL every 90 days, even if no certificates have been revoked since the"
    " previous CRL was issued.",
)
CRL_SCOPE: Final = Standard(
    _PART_12,
    "4.1.5",
    "Although the CRL is always signed with the newest (current) CSCA private signing key, the CRL includes"
    " revocation notices for certificates signed with that same private key as well as certificates signed"
    " with earlier CSCA private signing keys.",
)
CSCA_REVOKED: Final = Standard(
    _PART_12,
    "4.1.5",
    "Upon informing a receiving State that a CSCA certificate has been revoked, all other certificates signed"
    " using the corresponding CSCA private key are effectively revoked.",
)
ALGORITHMS: Final = Standard(
    _PART_12,
    "4.1.6",
    "Receiving States MUST support all algorithms at points where they wish to validate the signature on eMRTDs.",
)
RSA: Final = Standard(
    _PART_12,
    "4.1.6",
    "It is RECOMMENDED that issuing States or organizations generate signatures according to RSASSA-PSS, but"
    " receiving States MUST also be prepared to verify signatures according to RSASSA-PKCS1_v15.",
)
EXPLICIT_PARAMETERS: Final = Standard(
    _PART_12,
    "4.1.6",
    "The elliptic curve domain parameters used to generate the ECDSA key pair MUST be described explicitly in"
    " the parameters of the public key, i.e. parameters MUST be of type ECParameters (no named curves, no"
    " implicit parameters) and MUST include the optional co-factor.",
)
PERMITTED_HASHES: Final = Standard(
    _PART_12, "4.1.6", "SHA-224, SHA-256, SHA-384 and SHA-512, are the only permitted hashing algorithms."
)
DSC_VALIDITY: Final = Standard(
    _PART_12,
    "4.1.1",
    "The Document Signer certificate (CDS) SHALL be valid for this total period to enable the authenticity of"
    " eMRTDs to be verified.",
)
TRUST_ANCHOR: Final = Standard(
    _PART_12,
    "6.1",
    "Therefore, to accept an eMRTD from another issuing State, the receiving State MUST already have placed"
    " into some form of trust store, accessible by their border control system, a trusted copy of the issuing"
    " State or organization CSCA certificate (CCSCA)",
)
LINK: Final = Standard(
    _PART_12,
    "6.1",
    "If the CSCA issues a CSCA Link certificate, then out-of-band communication with the CSCA to verify the"
    " authenticity of the new certificate could be skipped because the already trusted public key for that"
    " same CSCA is used to verify the signature on that CSCA Link certificate.",
)
CRL_CHECK: Final = Standard(
    _PART_12, "6.1", "processes the CRL to verify the revocation status of the certificate in question."
)
PROFILE: Final = Standard(
    _PART_12,
    "7.1",
    "Issuing States or organizations MUST issue certificates and CRLs that conform to the profiles specified below.",
)
PROFILE_DER: Final = Standard(
    _PART_12,
    "7.1",
    "All certificates and CRLs MUST be produced in Distinguished Encoding Rule (DER) format to preserve the"
    " integrity of the signatures within them.",
)
PROFILE_SERIAL: Final = Standard(_PART_12, "7.1", "MUST be positive integer and maximum 20 Octets")
PROFILE_VERSION: Final = Standard(_PART_12, "7.1", "MUST be v3")
PROFILE_ALGORITHM: Final = Standard(
    _PART_12,
    "7.1",
    "Value inserted here MUST be the same as that in signatureAlgorithm component of Certificate sequence",
)
PROFILE_COUNTRY: Final = Standard(
    _PART_12,
    "7.1",
    "The value contains a country code that MUST follow the format of two-letter country codes, specified in"
    " Doc 9303-3.",
)
PROFILE_UPPER_CASE: Final = Standard(_PART_12, "7.1", "countryName MUST be Upper Case")
PROFILE_COUNTRIES_MATCH: Final = Standard(_PART_12, "7.1", "countryName in issuer and subject fields MUST match")
PROFILE_PATH_LENGTH: Final = Standard(_PART_12, "7.1", "MUST always be ‘0’")
PROFILE_USAGE_PERIOD: Final = Standard(_PART_12, "7.1", "At least one of notBefore or notAfter MUST be present")
PROFILE_CRITICAL: Final = Standard(_PART_12, "7.1", "receiving applications MUST be able to process this extension")
PROFILE_DOCUMENT_TYPES: Final = Standard(
    _PART_12,
    "7.1",
    "The DocumentType extension MUST be used to indicate the document types, as they appear in the MRZ, that"
    " the corresponding Document Signer is allowed to produce.",
)
CRL_PROFILE: Final = Standard(_PART_12, "7.1", "deltaCRLIndicator x, issuingDistributionPoint x, freshestCRL x")

# --- RFC 5652, RFC 5280, RFC 8017
ATTRIBUTES: Final = Standard(
    "RFC 5652",
    "5.3",
    "The field is optional, but it MUST be present if the content type of the EncapsulatedContentInfo value"
    " being signed is not id-data.",
)
SIGNER_VERSION: Final = Standard(
    "RFC 5652",
    "5.3",
    "If the SignerIdentifier is the CHOICE issuerAndSerialNumber, then the version MUST be 1.",
)
SIGNER_IDENTIFIER: Final = Standard(
    "RFC 5652",
    "5.3",
    "sid specifies the signer's certificate (and thereby the signer's public key).",
)
SIGNED_AS_STORED: Final = Standard(
    "RFC 5652",
    "5.4",
    "A separate encoding of the signedAttrs field is performed for message digest calculation.",
)
DIGEST: Final = Standard(
    "RFC 5652",
    "5.6",
    "For the signature to be valid, the message digest value calculated by the recipient MUST be the same as"
    " the value of the messageDigest attribute included in the signedAttributes of the SignedData signerInfo.",
)
ONE_CONTENT_TYPE: Final = Standard(
    "RFC 5652",
    "11.1",
    "The SignedAttributes in a signerInfo MUST NOT include multiple instances of the content-type attribute.",
)
ONE_DIGEST: Final = Standard("RFC 5652", "11.2", "A message-digest attribute MUST have a single attribute value")
ISSUER_SIGNATURE: Final = Standard(
    "RFC 5280",
    "6.1.3",
    "The signature on the certificate can be verified using working_public_key_algorithm, the"
    " working_public_key, and the working_public_key_parameters.",
)
CRITICAL_EXTENSION: Final = Standard(
    "RFC 5280",
    "4.2",
    "A certificate-using system MUST reject the certificate if it encounters a critical extension it does not"
    " recognize or a critical extension that contains information that it cannot process.",
)
ONE_EXTENSION: Final = Standard(
    "RFC 5280", "4.2", "A certificate MUST NOT include more than one instance of a particular extension."
)
KEY_CERT_SIGN: Final = Standard(
    "RFC 5280",
    "4.2.1.9",
    "If the cA boolean is not asserted, then the keyCertSign bit in the key usage extension MUST NOT be asserted.",
)
VALIDITY: Final = Standard("RFC 5280", "6.1.3", "The certificate validity period includes the current time.")
PKCS1: Final = Standard(
    "RFC 8017",
    "8.2.2",
    "Compare the encoded message EM and the second encoded message EM'. If they are the same, output \"valid"
    ' signature"',
)

# --- ICAO 9303-3, 9303-4, and how dumps are written
CHECK_DIGITS: Final = Standard(
    _PART_3,
    "4.9",
    "The check digits permit readers to verify that data in the MRZ is correctly interpreted.",
)
NAMES: Final = Standard(
    _PART_3,
    "4.6",
    "The issuing State or organization shall transliterate national characters using only the allowed OCR-B"
    " characters and/or truncate, as specified in the form factor specific Parts 4 to 7 of Doc 9303.",
)
APOSTROPHE: Final = Standard(
    _PART_3,
    "4.6",
    "This shall be omitted; name components separated by the apostrophe shall be combined, and no filler"
    " character shall be inserted in its place in the MRZ.",
)
HYPHEN: Final = Standard(
    _PART_3,
    "4.6",
    "Where a hyphen appears between two name components, it shall be represented in the MRZ by a single"
    " filler character (<).",
)
SINGLE_NAME: Final = Standard(
    _PART_3,
    "4.6",
    "Filler characters (<) should be inserted immediately following the final secondary identifier (or"
    " following the primary identifier in the case of a name having only a primary identifier) through to the"
    " last character position in the machine readable line.",
)
TRUNCATION: Final = Standard(
    _PART_3,
    "4.6",
    "If the primary and secondary identifiers, written in the relevant machine readable line using the above"
    " procedure, exceed the available character positions, then truncation shall be carried out",
)
DATES: Final = Standard(
    _PART_3,
    "4.8",
    "Dates in the MRZ of the MRTD shall be shown as a six-digit string consisting of the last two digits for"
    " the year (YY) immediately followed by two digits for the number of the month (MM) and by two digits for"
    " the day (DD).",
)
MRZ_STRUCTURE: Final = Standard(
    _PART_3,
    "4.3",
    "The length of the data elements inserted in the MRZ must conform to the size of the respective fields as"
    " specified in the MRZ data element directory in the applicable Part 4 to 7 of Doc 9303.",
)
UNKNOWN_BIRTH: Final = Standard(
    _PART_3,
    "4.8",
    "If all or part of the date of birth is unknown, the relevant character positions shall be completed with"
    " filler characters (<).",
)
JSON_NAMES: Final = Standard("RFC 8259", "4", "The names within an object SHOULD be unique.")
CBOR_MAPS: Final = Standard(
    "RFC 8949", "3.1", "A map that has duplicate keys may be well-formed, but it is not valid."
)
ZIP_NAMES: Final = Standard(
    "APPNOTE.TXT", "4.4.17", "The path stored MUST NOT contain a drive or device letter, or a leading slash."
)
ZIP_ENTRIES: Final = Standard(
    "Passkoll dumps",
    "archives",
    "An archive is read in memory only: no links, no paths, no passwords, within limits.",
)
DUMPS: Final = Standard(
    "Passkoll dumps",
    "formats",
    "A dump is a folder, a zip, JSON, CBOR, or one file; what can be read twice is refused.",
)
DUPLICATES: Final = Standard(
    "Passkoll dumps", "duplicates", "The same file under two names is an error, even if both are equal."
)
FILE_NAMES: Final = Standard(
    _PART_10,
    "4.7",
    "The EFs SHALL have file names for these files that SHALL be according to the number n, EF.DGn, where n"
    " is the Data Group number.",
)
