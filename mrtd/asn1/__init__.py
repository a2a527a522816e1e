"""The ASN.1 modules of the standards as pyasn1 declarations, one Python module an ASN.1 module.

The specimen issuer encodes with them, and tests hold them against the reader of `mrtd.lds` and `mrtd.pki` on real
documents: two independent ASN.1 stacks. Nothing that judges a document decodes with them, because decoding and
encoding again would check a signature over other bytes than those stored.

Bounds of the standards (SIZE) stand in comments and are not enforced: the specimen issuer breaks them on purpose, and
what they mean for a document is for a check to say.
"""
